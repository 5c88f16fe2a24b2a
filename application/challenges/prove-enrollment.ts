import { type AddressChange, describeChange } from '../../domain/address-change.ts'
import type { Enrollment, Proof } from '../../domain/enrollment.ts'
import { withStatus } from '../../domain/enrollment-status.ts'
import { MusterError } from '../../domain/error.ts'
import { replaceEnrollment } from '../../domain/replace-enrollment.ts'
import type { Transaction } from '../../store/database.ts'
import { queueNotices } from '../deliveries/queue-notices.ts'
import { cancelUnusable } from './cancel-unusable.ts'
import type { ChallengeWorld } from './challenge-world.ts'

/**
 * A code was typed from the address: it is proven, reachable and unlocked, and takes the place of the enrollment that
 * it was to replace. The identity becomes due, so that the policies see what changed. The caller holds its lock.
 */
export async function proveEnrollment(
  trx: Transaction,
  world: ChallengeWorld,
  identityId: string,
  enrollmentId: string,
): Promise<{ readonly proof: Proof; readonly addressChangedAt: string | null }> {
  const { store, clock } = world
  const now = clock().toISOString()
  const rows = await store.enrollments.readEnrollments(trx, [identityId])
  const enrollments = rows.map(({ identityId: _, ...enrollment }) => enrollment)
  const before = enrollments.find(({ id }) => id === enrollmentId)
  if (before === undefined) throw new MusterError('not-found', 'There is no such enrollment.')
  const replaced = enrollments.find(({ id }) => id === before.replaces) ?? null
  const proven: Enrollment = {
    ...before,
    proof: 'proven',
    undeliverableSince: null,
    lockedUntil: null,
    replaces: null,
    addressChangedAt: replaced === null ? before.addressChangedAt : now,
  }
  const left = replaced === null ? null : replaceEnrollment(replaced, before, { identityId, now })
  const gone = replaced !== null && left === null ? [replaced.id] : []
  await store.enrollments.deleteEnrollments(trx, gone)
  await writeEnrollments(trx, world, identityId, left === null ? [proven] : [proven, left])
  await store.audit.insertAuditEvents(trx, [
    {
      at: clock(),
      action: 'enrollment-changed',
      actor: { kind: 'self', id: identityId },
      identityId,
      runId: null,
      policySet: null,
      effects: null,
      reason: replaced === null ? 'proven' : 'proven and replaced',
      detail: {
        enrollment: enrollmentId,
        factor: before.factor,
        before,
        after: proven,
        replaced: replaced === null ? null : { ...replaced },
      },
    },
  ])
  if (replaced !== null) await cancelUnusable(trx, store, [identityId], clock())
  const change = changeBy(identityId, before, proven, replaced)
  await queueNotices(trx, store, change === null ? [] : [change], clock())
  return { proof: proven.proof, addressChangedAt: proven.addressChangedAt }
}

/** What the person is told: the old address of a change, and another one in any case. */
function changeBy(
  identityId: string,
  before: Enrollment,
  proven: Enrollment,
  replaced: Enrollment | null,
): AddressChange | null {
  const added = describeChange(identityId, before, { ...proven, status: 'active' })
  if (replaced === null || added === null) return added
  const gone = describeChange(identityId, replaced, null)
  return gone === null ? added : { ...added, kind: 'replaced', oldAddress: gone.oldAddress }
}

/** The code that brought a lock was right: the lock is taken back. The caller holds the identity's lock. */
export async function unlockEnrollment(
  trx: Transaction,
  world: ChallengeWorld,
  identityId: string,
  enrollmentId: string,
): Promise<void> {
  const enrollments = await world.store.enrollments.readEnrollments(trx, [identityId])
  const before = enrollments.find(({ id }) => id === enrollmentId)
  if (before === undefined) return
  await writeEnrollments(trx, world, identityId, [{ ...before, lockedUntil: null }])
}

async function writeEnrollments(
  trx: Transaction,
  { store, clock }: ChallengeWorld,
  identityId: string,
  edited: readonly Enrollment[],
): Promise<void> {
  const now = clock()
  const rights = await store.rights.readRights(trx, [identityId])
  const rows = edited.map((enrollment) => {
    const rightEffective = rights.some(({ factor, effective }) => factor === enrollment.factor && effective)
    return { ...withStatus(enrollment, { rightEffective, now: now.toISOString() }), identityId }
  })
  await store.enrollments.updateEnrollments(trx, rows)
  await store.identities.markDue(trx, [identityId], { at: now, reason: 'manual', runId: null })
}
