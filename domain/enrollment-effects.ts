import { compareText } from './choose-addresses.ts'
import type { EnrollmentEffect } from './effect.ts'
import type { Enrollment } from './enrollment.ts'
import { equalRows } from './equal-rows.ts'

/** The changes from one state of an identity's enrollments to the next, by factor and key; none for an equal row. */
export function enrollmentEffects(
  before: readonly Enrollment[],
  after: readonly Enrollment[],
  half: 'adding' | 'takingAway',
): readonly EnrollmentEffect[] {
  const remaining = new Map(after.map((row) => [row.id, row]))
  const old = new Map(before.map((row) => [row.id, row]))
  const operation = half === 'adding' ? addingOperation : takingOperation
  return [...new Map([...old, ...remaining]).values()]
    .sort((a, b) => compareText(a.factor, b.factor) || compareText(a.key, b.key))
    .flatMap(({ id }) => {
      const [was, is] = [old.get(id) ?? null, remaining.get(id) ?? null]
      if (equalRows(was, is)) return []
      return [{ op: operation(was, is), before: was, after: is, because: causeOf(was, is) }]
    })
}

type Operation = EnrollmentEffect['op']

function addingOperation(before: Enrollment | null, after: Enrollment | null): Operation {
  if (before === null || before.status === null) return 'enroll'
  if (before.key !== after?.key) return 'replace'
  const wantedAgain = before.unwantedSince !== null && after.unwantedSince === null
  const usableAgain = after.status === 'active' && (before.status === 'suspended' || before.disabled !== null)
  return wantedAgain || usableAgain ? 'resume' : 'change-enrollment'
}

function takingOperation(before: Enrollment | null, after: Enrollment | null): Operation {
  if (after === null) return 'remove'
  const unwanted = before?.unwantedSince === null && after.unwantedSince !== null
  const suspended = before?.status !== 'suspended' && after.status === 'suspended'
  return unwanted || suspended ? 'suspend' : 'change-enrollment'
}

/** The policies whose origin came, went or changed; else `grace`, else why the status is what it is now. */
function causeOf(before: Enrollment | null, after: Enrollment | null): string {
  const [old, fresh] = [before?.origins ?? [], after?.origins ?? []]
  const moved = before?.key !== after?.key
  const policies = [...old, ...fresh]
    .filter((origin) => moved || !(has(old, origin) && has(fresh, origin)))
    .flatMap((origin) => (origin.policy === null ? [] : [origin.policy]))
  if (policies.length > 0) return [...new Set(policies)].sort().join(', ')
  if (after === null) return 'grace'
  if (before?.status === after.status) return 'facts-changed'
  return after.statusReason ?? 'usable-again'
}

function has(list: readonly unknown[], wanted: unknown): boolean {
  return list.some((member) => equalRows(member, wanted))
}
