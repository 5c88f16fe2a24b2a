import { withoutNeedlessProof } from './add-enrollments.ts'
import type { Enrollment, EnrollmentOrigin } from './enrollment.ts'
import { isPending } from './enrollment-status.ts'
import { type Following, successorsOf } from './follow-changes.ts'
import { addMilliseconds, isAfter } from './instant.ts'

interface WithdrawingContext {
  /** Whether the identity is active. */
  readonly active: boolean
  readonly now: string
  /** Milliseconds from unwanted to removed. */
  readonly graceMs: number
}

/**
 * The enrollments of one factor after policies withdrew the origins that they no longer stand for. What no origin
 * holds any more is unwanted: gone at once where all that let it go say `remove` or a proven successor took its
 * place, else after the grace time. A row that a person disabled is never deleted here, so that the address cannot
 * come back as a new one. Tombstones are left alone, and so is every origin of a person. While the identity is
 * inactive a policy lets go of nothing, unless it says `remove`: what inactivity makes unusable is kept, and comes
 * back as it was (rule 5), although the target of most policies no longer meets the person.
 */
export function withdrawEnrollments(
  enrollments: readonly Enrollment[],
  following: Following,
  context: WithdrawingContext,
): readonly Enrollment[] {
  return enrollments.flatMap((row) => {
    if (row.removed !== null) return [row]
    const origins = row.origins.filter(
      (origin) => isKeptInactive(origin, context) || staysOn(row, origin, enrollments, following),
    )
    if (isOwnChange(row, enrollments)) return [row]
    if (origins.length > 0) return [endReplacing({ ...row, origins }, enrollments, following)]
    const withdrawn = row.origins
    const unwanted = { ...row, origins, unwantedSince: row.unwantedSince ?? context.now, replaces: null }
    const due = isSucceeded(row, enrollments) || goesAtOnce(withdrawn) || graceEnded(unwanted, context)
    return row.disabled === null && due ? [] : [unwanted]
  })
}

/** When an enrollment that nobody wants goes (RFC 3339), or null where none does so by time alone. */
export function removalTime(row: Enrollment, graceMs: number): string | null {
  if (row.unwantedSince === null || row.disabled !== null || row.removed !== null) return null
  return addMilliseconds(row.unwantedSince, graceMs)
}

function isKeptInactive({ kind, onUnmatch }: EnrollmentOrigin, { active }: WithdrawingContext): boolean {
  return !active && kind === 'policy' && onUnmatch !== 'remove'
}

function staysOn(
  row: Enrollment,
  origin: EnrollmentOrigin,
  enrollments: readonly Enrollment[],
  following: Following,
): boolean {
  if (origin.kind !== 'policy' || origin.policy === null) return true
  if (claims(following, row.key, origin.policy) || following.keeps(origin.policy, row)) return true
  const { policy } = origin
  return successorsOf(row, enrollments).some((successor) => claims(following, successor.key, policy))
}

/** A person gives an enrollment another address, and the code is not typed yet: no policy ends that. */
function isOwnChange(row: Enrollment, enrollments: readonly Enrollment[]): boolean {
  return (
    isPending(row) &&
    row.origins.every(({ kind }) => kind !== 'policy') &&
    enrollments.some((other) => other.id === row.replaces && other.removed === null)
  )
}

/** Once proven, or once nothing is left to stand in for, a successor is an enrollment like any other. */
function endReplacing(row: Enrollment, enrollments: readonly Enrollment[], following: Following): Enrollment {
  if (row.replaces === null) return row
  const replaced = enrollments.find((other) => other.id === row.replaces && other.removed === null)
  const stillHeld = replaced?.origins.some(
    (origin) => origin.policy !== null && claims(following, row.key, origin.policy),
  )
  if (isPending(row) && stillHeld) return row
  return withoutNeedlessProof({ ...row, replaces: null }, following.claims.get(row.key) ?? [])
}

function isSucceeded(row: Enrollment, enrollments: readonly Enrollment[]): boolean {
  return enrollments.some((other) => other.replaces === row.id && other.removed === null && !isPending(other))
}

function goesAtOnce(withdrawn: readonly EnrollmentOrigin[]): boolean {
  return withdrawn.length > 0 && withdrawn.every((origin) => origin.onUnmatch === 'remove')
}

function graceEnded(row: Enrollment, { now, graceMs }: WithdrawingContext): boolean {
  const at = removalTime(row, graceMs)
  return at !== null && !isAfter(at, now)
}

function claims(following: Following, key: string, policy: string): boolean {
  return following.claims.get(key)?.some((claim) => claim.policy === policy) ?? false
}
