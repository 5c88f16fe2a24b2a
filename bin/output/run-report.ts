import type { UnusableReason } from '../../domain/address.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import type { Run } from '../../domain/run.ts'
import type { Population } from '../../store/read/population.ts'
import { describeRead } from './describe-read.ts'

const factorWords: Readonly<Record<Factor, string>> = { 'otp-email': 'by e-mail', 'otp-sms': 'by SMS' }

const unusableWords: Readonly<Record<UnusableReason, string>> = {
  'not-a-number': 'not a phone number',
  'no-country': 'no country code, and no default for the source',
  'invalid-number': 'not a valid number',
  landline: 'a landline',
  'not-mobile': 'not a mobile number',
  'forbidden-country': 'a country that is not allowed',
  'malformed-mailbox': 'not a mailbox',
  'over-limit': 'more addresses than the policy takes',
}

/**
 * One run in words: what was read, what changed, what was held or went wrong, how fast. `whole`: with the proof of its
 * read, or why there is none.
 */
export function describeRun(run: Run, detail: 'summary' | 'whole' = 'summary'): readonly string[] {
  const { records, identities, effects, seconds } = run
  const name = run.source ?? 'policies'
  return [
    `${name}: ${run.status} in ${seconds.total.toFixed(1)} s`,
    ...describeRead(run, detail),
    listCounts('people', [
      [identities.created, 'new'],
      [identities.changed, 'changed'],
      [identities.deactivated, 'switched off'],
      [identities.reactivated, 'back'],
      [records.missing, 'missing from the source (they keep everything)'],
    ]),
    listCounts('effects', [
      [effects.rightsGranted, 'rights given'],
      [effects.rightsRevoked, 'rights taken'],
      [effects.enrolled, 'addresses enrolled'],
      [effects.replaced, 'replaced'],
      [effects.suspended, 'suspended'],
      [effects.resumed, 'resumed'],
      [effects.removed, 'removed'],
      [effects.failed, 'failed'],
    ]),
    records.notLinked === 0
      ? ''
      : `  not linked: ${records.notLinked}, because more than one identity fits; see: muster sources show ${name}`,
    ...(detail === 'whole' ? describeRest(run) : []),
    ...describeBrakes(run),
    run.fault === null ? '' : `  ${run.fault.message}`,
  ].filter((line) => line !== '')
}

/** What a summary leaves to the whole population, or leaves out. */
function describeRest({ unusable, seconds }: Run): readonly string[] {
  const words = countReasons(unusable)
  const { read, stage, decide, apply } = seconds
  const parts = Object.entries({ read, stage, decide, apply }).map(
    ([name, time]) => `${time.toFixed(1)} ${name}`,
  )
  return [
    ...(words.length === 0 ? [] : [`  could not be used: ${words.join(', ')}`]),
    `  seconds: ${parts.join(', ')}`,
  ]
}

function countReasons(unusable: Run['unusable']): readonly string[] {
  return (Object.entries(unusable) as [UnusableReason, number][])
    .sort(([, left], [, right]) => right - left)
    .map(([reason, count]) => `${count} × ${unusableWords[reason]}`)
}

function describeBrakes({ id, brakes, effects }: Run): readonly string[] {
  return brakes.flatMap(({ wouldBe, of, limit, verdict }) =>
    verdict === null
      ? [
          `  HELD: ${wouldBe} of ${of} people would lose something (${effects.held} effects), more than ${limit.percent} % and at least ${limit.atLeast}.`,
          `  What adds was applied. Decide with: muster runs approve ${id}   or: muster runs reject ${id}`,
        ]
      : [`  ${verdict.kind} by ${verdict.by}`],
  )
}

/** The whole population in words: who has what, and who could not and why. */
export function describePopulation(population: Population): readonly string[] {
  const lines = [`${population.identities} people, ${population.active} of them active.`]
  for (const factor of factors) {
    const rights = population.rights[factor] ?? 0
    if (rights === 0) continue
    const { active = 0, pending = 0, suspended = 0 } = population.enrollments[factor] ?? {}
    const waiting = pending === 0 ? '' : `, ${pending} wait for a proof`
    const asleep = suspended === 0 ? '' : `, ${suspended} suspended`
    const without = population.withoutAddress[factor] ?? 0
    const missing = without === 0 ? '' : ` ${without} with the right have no usable address yet.`
    lines.push(
      `Codes ${factorWords[factor]}: ${rights} people have the right; ${active} addresses are ready${waiting}${asleep}.${missing}`,
    )
  }
  const words = countReasons(population.unusable)
  if (words.length > 0) lines.push(`Could not be used: ${words.join(', ')}.`)
  return lines
}

function listCounts(title: string, counts: readonly (readonly [number, string])[]): string {
  const words = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return `  ${title}: ${words.length === 0 ? 'nothing changed' : words.join(', ')}`
}
