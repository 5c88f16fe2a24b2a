import type { Enrollment } from './enrollment.ts'
import type { Right } from './right.ts'

/**
 * One change, as whole rows before and after: applying it is writing `after`, undoing it is writing `before`.
 * `grant-right` and `revoke-right` change what is effective; `change-right` changes reasons or clients only.
 */
export type RightEffect = {
  readonly op: 'grant-right' | 'revoke-right' | 'change-right'
  readonly before: Right | null
  readonly after: Right
  /** The policy ids (or the person) behind it, for the audit trail. */
  readonly because: string
}

export type EnrollmentEffect = {
  readonly op: 'enroll' | 'replace' | 'suspend' | 'resume' | 'remove' | 'change-enrollment'
  readonly before: Enrollment | null
  /** Null: the row is deleted (nobody's tombstone is needed). */
  readonly after: Enrollment | null
  readonly because: string
}

export type Effect = RightEffect | EnrollmentEffect

/** The ordered changes that bring an identity from its present state to what was decided. */
export interface Plan {
  readonly identity: string
  /** Grants, enrolls, replaces, resumes: never stopped by a brake. */
  readonly adding: readonly Effect[]
  /** Revokes, suspends, removes, to be applied after `adding`: what a brake holds. */
  readonly takingAway: readonly Effect[]
  /** When time alone could change this plan (RFC 3339), or null. */
  readonly reviewAt: string | null
}
