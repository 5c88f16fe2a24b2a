import type { PassedChallenge } from '../../domain/challenge.ts'
import type { Transaction } from '../../store/database.ts'
import type { PassedTry } from '../../store/write/challenge-tries.ts'
import type { TypedCode } from '../limits/note-typed.ts'
import type { ChallengeName } from './challenge-request.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import type { CountedOnce } from './count-try.ts'
import { proveEnrollment, unlockEnrollment } from './prove-enrollment.ts'
import { challengeEvent, recordChallenge } from './record-challenge.ts'
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
  // Only what a plan would overwrite asks for the identity's lock; an ordinary sign-in does without.
  const editsEnrollment = counted.purpose === 'enrollment' || counted.lockedBy !== null
  const passed = editsEnrollment
    ? await world.store.transaction((trx) => passIn(trx, world, name, counted, enrollmentId))
    : await passAtOnce(world, name, counted, enrollmentId)
  if (passed === null) return null
  world.noteTyped(typedCodeOf(world, counted))
  return {
    status: 'passed',
    amr: [counted.factor === 'otp-sms' ? 'sms' : 'otp'],
    enrollmentId,
    proof: passed.proof,
    addressChangedAt: passed.addressChangedAt,
  }
}

/** An ordinary sign-in, in one statement. */
async function passAtOnce(
  world: ChallengeWorld,
  name: ChallengeName,
  counted: CountedOnce,
  enrollmentId: string,
): Promise<Standing | null> {
  const { store } = world
  const at = world.clock()
  const recorded = { ...counted, enrollmentId, id: name.challengeId, client: name.client }
  const event = challengeEvent(world, 'challenge-passed', recorded)
  const passed = await store.tries.passAtOnce(store.database, {
    ...{ id: name.challengeId, generation: counted.generation, at },
    event,
  })
  return passed === null ? null : standingOf(passed)
}

function typedCodeOf({ addressKey, clock, limits }: ChallengeWorld, counted: CountedOnce): TypedCode {
  const { factor, key, proven, sends } = counted
  const channel = channelOf(factor)
  return { channel, key: key ?? '', addressKey, proven, sends, now: clock(), settings: limits }
}

type Standing = Pick<PassedChallenge, 'proof' | 'addressChangedAt'>

async function passIn(
  trx: Transaction,
  world: ChallengeWorld,
  name: ChallengeName,
  counted: CountedOnce,
  enrollmentId: string,
): Promise<Standing | null> {
  const { store, clock } = world
  await store.identities.lockIdentities(trx, [counted.identityId])
  const consumed = { id: name.challengeId, generation: counted.generation, at: clock() }
  const passed = await store.tries.passChallenge(trx, consumed)
  if (passed === null) return null
  const recorded = { ...counted, enrollmentId, id: name.challengeId, client: name.client }
  await recordChallenge(trx, world, 'challenge-passed', recorded)
  return counted.purpose === 'enrollment'
    ? proveEnrollment(trx, world, counted.identityId, enrollmentId)
    : standingAfter(trx, world, counted, enrollmentId, passed)
}

async function standingAfter(
  trx: Transaction,
  world: ChallengeWorld,
  counted: CountedOnce,
  enrollmentId: string,
  passed: PassedTry,
): Promise<Standing> {
  if (counted.lockedBy !== null) await unlockEnrollment(trx, world, counted.identityId, enrollmentId)
  return standingOf(passed)
}

function standingOf({ proof, addressChangedAt }: PassedTry): Standing {
  return { proof, addressChangedAt: addressChangedAt?.toISOString() ?? null }
}
