import type { PassedChallenge } from '../../domain/challenge.ts'
import type { Proof } from '../../domain/enrollment.ts'
import type { Transaction } from '../../store/database.ts'
import type { PassedTry } from '../../store/write/challenge-tries.ts'
import { noteTyped } from '../limits/note-typed.ts'
import type { ChallengeName } from './challenge-request.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import type { CountedOnce } from './count-try.ts'
import { proveEnrollment, unlockEnrollment } from './prove-enrollment.ts'
import { recordChallenge } from './record-challenge.ts'
import { channelOf } from './send-code.ts'

/**
 * The typed code was right: the challenge is consumed, failures are forgotten, last used is written, and what the
 * purpose asks for is done, in one transaction. Null: the challenge ended meanwhile, and nothing was done.
 */
export async function passChallenge(
  world: ChallengeWorld,
  name: ChallengeName,
  counted: CountedOnce,
): Promise<PassedChallenge | null> {
  const { enrollmentId } = counted
  if (enrollmentId === null) return null
  const passed = await world.store.transaction((trx) => passIn(trx, world, name, counted, enrollmentId))
  if (passed === null) return null
  return {
    status: 'passed',
    amr: [counted.factor === 'otp-sms' ? 'sms' : 'otp'],
    enrollmentId,
    proof: passed.proof,
    addressChangedAt: passed.addressChangedAt,
  }
}

async function passIn(
  trx: Transaction,
  world: ChallengeWorld,
  name: ChallengeName,
  counted: CountedOnce,
  enrollmentId: string,
): Promise<Pick<PassedChallenge, 'proof' | 'addressChangedAt'> | null> {
  const { store, clock } = world
  const proves = counted.purpose === 'enrollment'
  // Only what a plan would overwrite asks for the identity's lock; an ordinary sign-in does without.
  const editsEnrollment = proves || counted.lockedBy !== null
  if (editsEnrollment) await store.identities.lockIdentities(trx, [counted.identityId])
  const consumed = { id: name.challengeId, generation: counted.generation, at: clock() }
  const passed = await store.tries.passChallenge(trx, consumed)
  if (passed === null) return null
  const recorded = { ...counted, enrollmentId, id: name.challengeId, client: name.client }
  await recordChallenge(trx, world, 'challenge-passed', recorded)
  const after = proves
    ? await proveEnrollment(trx, world, counted.identityId, enrollmentId)
    : await standingAfter(trx, world, counted, enrollmentId, passed)
  await noteTyped(trx, store, {
    channel: channelOf(counted.factor),
    key: counted.key ?? '',
    addressKey: world.addressKey,
    proven: counted.proven,
    sends: counted.sends,
    now: clock(),
    settings: world.limits,
  })
  return after
}

async function standingAfter(
  trx: Transaction,
  world: ChallengeWorld,
  counted: CountedOnce,
  enrollmentId: string,
  { proof, addressChangedAt }: PassedTry,
): Promise<{ readonly proof: Proof; readonly addressChangedAt: string | null }> {
  if (counted.lockedBy !== null) await unlockEnrollment(trx, world, counted.identityId, enrollmentId)
  return { proof, addressChangedAt: addressChangedAt?.toISOString() ?? null }
}
