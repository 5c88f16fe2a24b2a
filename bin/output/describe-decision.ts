import type { PolicyReason } from '../../domain/decision.ts'
import type { DecisionView } from '../../domain/decision-view.ts'

/** A decision in words: what it gives, what it cannot use, and what every policy found. */
export function describeDecision(decision: DecisionView): readonly string[] {
  return [
    `${decision.identity} under ${decision.policySet}`,
    ...section('rights', decision.rights.map(describeRight)),
    ...section(
      'enrollments',
      decision.enrollments.map(
        ({ factor, address, policy, attribute, source }) =>
          `${factor}  ${address}  by ${policy}  (${attribute} of ${source})`,
      ),
    ),
    ...section(
      'cannot be used',
      decision.unusable.map(({ factor, value, reason }) => `${factor}  ${value}  ${reason}`),
    ),
    decision.reviewAt === null
      ? 'no date changes this decision'
      : `decided again at ${decision.reviewAt}, when a date is reached`,
    '',
    ...decision.reasons.flatMap(describeReason),
  ]
}

function describeRight({ factor, granted, clients, by, deniedBy }: DecisionView['rights'][number]): string {
  const only = clients === null ? '' : ` for ${clients.join(', ')} only`
  const grants = by.length === 0 ? '' : `, granted by ${by.join(', ')}${only}`
  const denials = deniedBy.map(({ policy, reason }) => `, denied by ${policy}: ${reason}`)
  return `${factor}  ${granted ? 'granted' : 'not granted'}${grants}${denials.join('')}`
}

function describeReason({ policy, mode, target, matched, conditions }: PolicyReason): readonly string[] {
  if (mode === 'off') return [`${policy}: off`]
  const verdict = matched ? 'matches' : target === false ? 'does not apply to this person' : 'does not match'
  const shadow = mode === 'shadow' ? ' (shadow: reported, never applied)' : ''
  return [
    `${policy}: ${verdict}${shadow}`,
    ...conditions.map(
      ({ fact, operator, value, actual, result }) =>
        `  ${result ? 'yes' : 'no '}  ${fact} ${operator} ${quote(value)}; it is ${quote(actual)}`,
    ),
  ]
}

function quote(value: unknown): string {
  return value === undefined || value === null ? 'absent' : JSON.stringify(value)
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}
