import type { UnusableValue } from './address.ts'
import type { Decision } from './decision.ts'
import type { Plan } from './effect.ts'
import type { Enrollment } from './enrollment.ts'
import { enrollmentEffects } from './enrollment-effects.ts'
import { earliest, isAfter } from './instant.ts'
import { planEnrollments } from './plan-enrollments.ts'
import { planRights, rightEffects } from './plan-rights.ts'
import { nextRightChange } from './resolve-right.ts'
import type { Right } from './right.ts'
import { removalTime } from './withdraw-enrollments.ts'

/** Where an identity stands and what was decided of it. */
export interface PlanInput {
  readonly identity: { readonly id: string; readonly active: boolean }
  readonly decision: Decision
  readonly rights: readonly Right[]
  /** All of the identity's, tombstones included. */
  readonly enrollments: readonly Enrollment[]
  /** RFC 3339. */
  readonly now: string
  /** Milliseconds from unwanted to removed. */
  readonly graceMs: number
  /** A fresh enrollment id; asked once for each new row, in the order of factor and key. */
  readonly newId: () => string
}

/** The plan, and what its choice of addresses left out. */
export interface PlanWithReport extends Plan {
  /** Addresses beyond a wish's `max`, to be reported beside the decision's unusable values. */
  readonly overLimit: readonly UnusableValue[]
}

/**
 * The changes that bring an identity from where it stands to what was decided (architecture rules 1 to 5), in two
 * halves. `adding` leads to the state with everything that the decision adds and nothing that it takes; `takingAway`
 * goes on from there, so that a brake can hold the second half while the first stands. Planning again on the state
 * that the plan leads to gives no effect, and neither the order of policies nor that of addresses matters.
 */
export function planEffects(input: PlanInput): PlanWithReport {
  const { identity, decision, now, graceMs } = input
  const circumstances = { active: identity.active, now }
  const rights = planRights(input.rights, decision.rights, circumstances)
  const { added, after, overLimit } = planEnrollments(input.enrollments, decision.wishes, rights, input)
  return {
    identity: identity.id,
    adding: [
      ...rightEffects(rights, 'added', circumstances),
      ...enrollmentEffects(input.enrollments, added, 'adding'),
    ],
    takingAway: [
      ...rightEffects(rights, 'after', circumstances),
      ...enrollmentEffects(added, after, 'takingAway'),
    ],
    reviewAt: earliest([
      decision.reviewAt,
      ...rights.map((right) => nextRightChange(right.after?.origins ?? [], now)),
      ...after.map((row) => removalTime(row, graceMs)),
      ...after.map((row) =>
        row.lockedUntil !== null && isAfter(row.lockedUntil, now) ? row.lockedUntil : null,
      ),
    ]),
    overLimit,
  }
}
