import type { PolicyDocument } from '../policy-schema.ts'

/** Whether a policy wants nobody told of what it does to a factor's addresses: all its entries for it say `notify: false`. */
export function findQuiet(documents: readonly PolicyDocument[]): (policy: string, factor: string) => boolean {
  const quiet = new Set<string>()
  for (const { id, event } of documents) {
    if (event.type !== 'provision') continue
    const loud = new Set(
      event.params.enroll.filter(({ notify }) => notify !== false).map((one) => one.factor),
    )
    for (const { factor } of event.params.enroll) if (!loud.has(factor)) quiet.add(`${id} ${factor}`)
  }
  return (policy, factor) => quiet.has(`${policy} ${factor}`)
}
