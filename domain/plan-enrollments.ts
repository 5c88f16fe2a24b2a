import { addEnrollments } from './add-enrollments.ts'
import type { UnusableValue } from './address.ts'
import type { EnrollmentWish } from './decision.ts'
import type { Enrollment } from './enrollment.ts'
import { withStatus } from './enrollment-status.ts'
import { factors } from './factor.ts'
import { followChanges } from './follow-changes.ts'
import type { RightStages } from './plan-rights.ts'
import { collectWants } from './wanted-addresses.ts'
import { withdrawEnrollments } from './withdraw-enrollments.ts'

interface EnrollmentContext {
  readonly identity: { readonly active: boolean }
  readonly now: string
  readonly graceMs: number
  readonly newId: () => string
}

/** All enrollments of an identity on their way: after what only adds, and in the end. */
export interface EnrollmentStages {
  readonly added: readonly Enrollment[]
  readonly after: readonly Enrollment[]
  /** What `max` left out. */
  readonly overLimit: readonly UnusableValue[]
}

/**
 * The stages of every enrollment. A wish counts whether or not the right is there: without an effective right the
 * address is enrolled and suspended, and usable the moment the right comes.
 */
export function planEnrollments(
  enrollments: readonly Enrollment[],
  wishes: readonly EnrollmentWish[],
  rights: readonly RightStages[],
  context: EnrollmentContext,
): EnrollmentStages {
  const stages = factors.map((factor) =>
    planFactor(
      enrollments.filter((row) => row.factor === factor),
      wishes.filter((wish) => wish.factor === factor),
      rights.find((right) => right.factor === factor),
      context,
    ),
  )
  return {
    added: stages.flatMap((stage) => stage.added),
    after: stages.flatMap((stage) => stage.after),
    overLimit: stages.flatMap((stage) => stage.overLimit),
  }
}

function planFactor(
  enrollments: readonly Enrollment[],
  wishes: readonly EnrollmentWish[],
  right: RightStages | undefined,
  context: EnrollmentContext,
): EnrollmentStages {
  if (enrollments.length === 0 && wishes.length === 0) return { added: [], after: [], overLimit: [] }
  const { wants, overLimit } = collectWants(wishes, enrollments)
  const following = followChanges(wants, enrollments)
  const before = new Map(enrollments.map((row) => [row.id, row]))
  const added = addEnrollments(enrollments, following, context).map((row) =>
    withoutLoss(
      before.get(row.id),
      withStatus(row, { rightEffective: right?.added?.effective ?? false, now: context.now }),
    ),
  )
  const after = withdrawEnrollments(added, following, { ...context, active: context.identity.active }).map(
    (row) => withStatus(row, { rightEffective: right?.after?.effective ?? false, now: context.now }),
  )
  return {
    added,
    after,
    overLimit: overLimit.map(({ factor, attribute, source, value }) => ({
      factor,
      attribute,
      source,
      value,
      reason: 'over-limit',
    })),
  }
}

/** What is usable stays so in the half that only adds, unless its address changed. */
function withoutLoss(before: Enrollment | undefined, added: Enrollment): Enrollment {
  if (before?.status !== 'active' || added.status === 'active' || before.key !== added.key) return added
  const { status, statusReason, statusBy, statusSince } = before
  return { ...added, status, statusReason, statusBy, statusSince }
}
