import type { UnusableReason } from '../../domain/address.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import type { Run } from '../../domain/run.ts'
import type { Population } from '../../store/read/population.ts'

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

/** One run in words: what was read, what changed, what was held or went wrong, how fast. */
export function describeRun(run: Run): readonly string[] {
  const { records, identities, effects, seconds } = run
  const name = run.source ?? 'policies'
  return [
    `${name}: ${run.status} in ${seconds.total.toFixed(1)} s`,
    ...describeRead(run),
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
    ...describeBrakes(run),
    run.fault === null ? '' : `  ${run.fault.message}`,
  ].filter((line) => line !== '')
}

function describeRead({ read, records, seconds }: Run): readonly string[] {
  if (read === null) return []
  const rate =
    seconds.read + seconds.stage > 0 ? Math.round(read.entries / (seconds.read + seconds.stage)) : 0
  const proof = read.complete ? 'complete' : `incomplete: ${read.why?.message ?? 'no reason given'}`
  const counts = `${records.added} new, ${records.changed} changed, ${records.unchanged} unchanged`
  const problems = read.problems.slice(0, 3).map(({ where, message }) => `  ${where}: ${message}`)
  return [`  read: ${read.entries} entries (${counts}), ${rate} a second, ${proof}`, ...problems]
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
  const reasons = Object.entries(population.unusable) as [UnusableReason, number][]
  if (reasons.length > 0) {
    const words = reasons
      .sort(([, left], [, right]) => right - left)
      .map(([reason, count]) => `${count} × ${unusableWords[reason]}`)
    lines.push(`Could not be used: ${words.join(', ')}.`)
  }
  return lines
}

function listCounts(title: string, counts: readonly (readonly [number, string])[]): string {
  const words = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return `  ${title}: ${words.length === 0 ? 'nothing changed' : words.join(', ')}`
}
