import type { Effect } from '../domain/effect.ts'

/** The names that a run's report counts effects under; reasons that change nothing for the person are not counted. */
const counted: Readonly<Record<Effect['op'], string | null>> = {
  'grant-right': 'rightsGranted',
  'revoke-right': 'rightsRevoked',
  'change-right': null,
  enroll: 'enrolled',
  replace: 'replaced',
  suspend: 'suspended',
  resume: 'resumed',
  remove: 'removed',
  'change-enrollment': null,
}

export function countEffects(effects: Iterable<Effect>): Record<string, number> {
  return countOperations(Array.from(effects, ({ op }) => [op, 1] as const))
}

/** The same of operations that were counted already. */
export function countOperations(
  operations: Iterable<readonly [Effect['op'], number]>,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [op, count] of operations) {
    const name = counted[op]
    if (name !== null) counts[name] = (counts[name] ?? 0) + count
  }
  return counts
}
