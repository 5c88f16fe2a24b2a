import type { Disabled, Enrollment } from './enrollment.ts'
import { isAfter } from './instant.ts'

/** What a status follows from. */
export type EnrollmentFacts = Pick<
  Enrollment,
  'proof' | 'proofRequired' | 'disabled' | 'lockedUntil' | 'undeliverableSince' | 'unwantedSince' | 'removed'
>

export type DerivedStatus = Pick<Enrollment, 'status' | 'statusReason' | 'statusBy'>

export interface StatusContext {
  /** Whether the identity's right to the factor is effective now. */
  readonly rightEffective: boolean
  readonly now: string
}

/**
 * The first that holds: disabled, locked, undeliverable, pending, suspended, active; null for a tombstone. The
 * reasons: what the person said (`disabled`), `too-many-failures`, `undeliverable`, `proof-required`, `unwanted` (no
 * origin is left) and `right-lost` (no effective right, never granted or gone).
 */
export function deriveStatus(facts: EnrollmentFacts, { rightEffective, now }: StatusContext): DerivedStatus {
  if (facts.removed !== null) return { status: null, statusReason: null, statusBy: null }
  if (facts.disabled !== null) return disabledStatus(facts.disabled)
  if (facts.lockedUntil !== null && isAfter(facts.lockedUntil, now))
    return { status: 'locked', statusReason: 'too-many-failures', statusBy: 'system' }
  if (facts.undeliverableSince !== null)
    return { status: 'undeliverable', statusReason: 'undeliverable', statusBy: 'system' }
  if (isPending(facts)) return { status: 'pending', statusReason: 'proof-required', statusBy: 'policy' }
  if (facts.unwantedSince !== null)
    return { status: 'suspended', statusReason: 'unwanted', statusBy: 'policy' }
  if (!rightEffective) return { status: 'suspended', statusReason: 'right-lost', statusBy: 'policy' }
  return { status: 'active', statusReason: null, statusBy: null }
}

/** The enrollment with its status as the facts have it now; `statusSince` moves only with the status. */
export function withStatus(enrollment: Enrollment, context: StatusContext): Enrollment {
  const { status, statusReason, statusBy } = deriveStatus(enrollment, context)
  const statusSince = status === enrollment.status ? enrollment.statusSince : context.now
  return { ...enrollment, status, statusReason, statusBy, statusSince }
}

/** Waits for a code: nothing but a code, or an origin that asks for none, ends this. */
export function isPending(facts: Pick<Enrollment, 'proof' | 'proofRequired'>): boolean {
  return facts.proofRequired && facts.proof !== 'proven'
}

/** `self:ID` or `admin:ID`: who switched it off, and so who may switch it on. */
function disabledStatus(disabled: Disabled): DerivedStatus {
  return { status: 'disabled', statusReason: disabled.reason, statusBy: `${disabled.by}:${disabled.id}` }
}
