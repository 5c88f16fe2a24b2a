import { enrollmentLock, identityLock, lockedForGood, tryLimits } from '../../domain/challenge-tries.ts'
import type { Enrollment } from '../../domain/enrollment.ts'
import { withStatus } from '../../domain/enrollment-status.ts'
import type { Transaction } from '../../store/database.ts'
import type { CountedTry } from '../../store/write/challenge-tries.ts'
import type { ChallengeName } from './challenge-request.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import { recordChallenge } from './record-challenge.ts'

/** A try that was counted, and whether it brought a lock: only a right code takes that back. */
export interface CountedOnce extends CountedTry {
  /** RFC 3339, or null. */
  readonly lockedBy: string | null
}

const limits = { ...tryLimits, lockedForGood }

/**
 * Counts a try, committed before it returns (architecture rule 12). A try that brings a lock sets it in the same
 * transaction, before the code is compared, so that no number of parallel tries goes beyond it; the other live
 * challenges of what is locked are cancelled with it. Null: no such challenge of this client.
 */
export async function countTry(world: ChallengeWorld, name: ChallengeName): Promise<CountedOnce | null> {
  const { store } = world
  const asked = { id: name.challengeId, client: name.client }
  const counted = await store.tries.countTry(store.database, asked, limits, false)
  if (counted === null || counted.verdict !== 'lock-due')
    return counted === null ? null : { ...counted, lockedBy: null }
  return store.transaction(async (trx) => {
    await store.identities.lockIdentities(trx, [counted.identityId])
    const locking = await store.tries.countTry(trx, asked, limits, true)
    if (locking === null || locking.verdict !== 'counted')
      return locking === null ? null : { ...locking, lockedBy: null }
    return { ...locking, lockedBy: await lock(trx, world, name, locking) }
  })
}

async function lock(
  trx: Transaction,
  world: ChallengeWorld,
  name: ChallengeName,
  counted: CountedTry,
): Promise<string | null> {
  const { store } = world
  const { identityId, enrollmentId, failures, identityFailures } = counted
  const whole = identityLock(identityFailures)
  const one = enrollmentLock(failures)
  const wholeUntil = whole === null ? null : await store.failures.lockFailures(trx, identityId, whole)
  if (wholeUntil !== null) await store.challenges.cancelOthers(trx, identityId, null, name.challengeId)
  if (one === null || enrollmentId === null) return wholeUntil
  const until = one === 'for-good' ? lockedForGood : await store.failures.readLockEnd(trx, one)
  // A proof of what is locked for good already brings nothing new: its challenge has its tries.
  if (!(await writeLock(trx, world, identityId, enrollmentId, until))) return wholeUntil
  await store.challenges.cancelOthers(trx, identityId, enrollmentId, name.challengeId)
  const recorded = { ...counted, id: name.challengeId, client: name.client }
  await recordChallenge(trx, world, 'enrollment-locked', recorded, `${failures} wrong codes in a row`)
  return wholeUntil !== null && wholeUntil > until ? wholeUntil : until
}

/** False where it was locked so before. */
async function writeLock(
  trx: Transaction,
  { store, clock }: ChallengeWorld,
  identityId: string,
  enrollmentId: string,
  lockedUntil: string,
): Promise<boolean> {
  const enrollments = await store.enrollments.readEnrollments(trx, [identityId])
  const before = enrollments.find(({ id }) => id === enrollmentId)
  if (before === undefined || before.lockedUntil === lockedUntil) return false
  const rights = await store.rights.readRights(trx, [identityId])
  const now = clock()
  const edited: Enrollment = { ...before, lockedUntil }
  const rightEffective = rights.some(({ factor, effective }) => factor === before.factor && effective)
  const after = withStatus(edited, { rightEffective, now: now.toISOString() })
  await store.enrollments.updateEnrollments(trx, [{ ...after, identityId }])
  // A decision on the old state would take the lock away; and the sweep learns when the lock ends.
  await store.identities.markDue(trx, [identityId], { at: now, reason: 'manual', runId: null })
  return true
}
