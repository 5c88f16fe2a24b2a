import type { EnrollmentView, IdentityView } from '../../domain/identity-view.ts'
import type { Right } from '../../domain/right.ts'

/** One identity in words: who it is, where it comes from, what it may do and with which addresses. */
export function describeIdentity(identity: IdentityView): readonly string[] {
  return [
    `${identity.userName ?? '(no userName)'}  ${identity.active ? 'active' : 'inactive'}  ${identity.id}`,
    ...describeAttributes(identity.attributes),
    ...section('records', identity.records.map(describeRecord)),
    ...section('rights', identity.rights.flatMap(describeRight)),
    ...section('enrollments', identity.enrollments.flatMap(describeEnrollment)),
    ...section(
      'cannot be used',
      identity.unusable.map(
        ({ factor, value, reason, attribute, source }) =>
          `${factor}  ${value}  ${reason}  (${attribute} of ${source})`,
      ),
    ),
    ...(identity.reviewAt === null ? [] : [`decided again at ${identity.reviewAt}, when a date is reached`]),
  ]
}

/** One right in words, with every reason for and against it. */
export function describeRight(right: Right): readonly string[] {
  const clients =
    right.clients === null || right.clients.length === 0 ? '' : ` for ${right.clients.join(', ')} only`
  return [
    `${right.factor}  ${right.effective ? 'effective' : 'not effective'}${clients}`,
    ...right.origins.map(
      ({ kind, policy, by, since, until, reason }) =>
        `  granted by ${nameWho(kind, policy, by)} since ${since}${until === null ? '' : ` until ${until}`}${because(reason)}`,
    ),
    ...right.denials.map(
      ({ kind, policy, by, since, reason, overridable }) =>
        `  denied by ${nameWho(kind, policy, by)} since ${since}${overridable ? ' (a grant by hand beats it)' : ''}${because(reason)}`,
    ),
  ]
}

/** One enrollment in words. */
export function describeEnrollment(enrollment: EnrollmentView): readonly string[] {
  const { factor, address, status, statusReason, statusBy, proof, origins, id } = enrollment
  const why = statusReason === null ? '' : ` (${statusReason}${statusBy === null ? '' : ` by ${statusBy}`})`
  const from = origins.map((origin) => (origin.kind === 'policy' ? `policy ${origin.policy}` : origin.kind))
  return [
    `${factor}  ${address}  ${status}${why}  ${proof}`,
    `  ${id}  from ${from.join(', ') || 'nobody'} since ${enrollment.enrolledAt}`,
    ...describeLastUse(enrollment.lastUsed),
  ]
}

function describeLastUse(used: EnrollmentView['lastUsed']): readonly string[] {
  if (used === null) return []
  const { at, ip, userAgent, client } = used
  const where = [client, ip === null ? null : `from ${ip}`, userAgent === null ? null : `with ${userAgent}`]
  return [`  last used ${[at, ...where].filter((part) => part !== null).join('  ')}`]
}

/** One line a value, under the names that filters and policies use: those of extensions without their URN. */
function describeAttributes(attributes: IdentityView['attributes']): readonly string[] {
  return Object.entries(attributes).flatMap(([name, value]) =>
    describeValue(name.startsWith('urn:') ? null : name, value),
  )
}

function describeValue(name: string | null, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map((each) => `  ${name}: ${describeElement(each)}`)
  if (typeof value !== 'object' || value === null) return [`  ${name}: ${String(value)}`]
  return Object.entries(value).flatMap(([part, inner]) =>
    describeValue(name === null ? part : `${name}.${part}`, inner),
  )
}

/** A value of a list with what is known of it: `anna@… (work, corp)`. */
function describeElement(element: unknown): string {
  if (typeof element !== 'object' || element === null || !('value' in element)) return String(element)
  const { value, type, source } = element as { value: unknown; type?: string; source?: string }
  const traits = [type, source].filter((trait) => trait !== undefined)
  return traits.length === 0 ? String(value) : `${String(value)} (${traits.join(', ')})`
}

function describeRecord({
  source,
  externalId,
  seenAt,
  missingSince,
}: IdentityView['records'][number]): string {
  const when = missingSince === null ? `seen ${seenAt ?? 'never'}` : `missing since ${missingSince}`
  return `${source}:${externalId}  ${when}`
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}

function nameWho(kind: 'policy' | 'manual', policy: string | null, by: string | null): string {
  return kind === 'policy' ? `policy ${policy}` : (by ?? 'a person')
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${reason}`
}
