import type { PassedChallenge } from '../../domain/challenge.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import { lockedForGood, typedDigits } from '../../domain/challenge-tries.ts'
import { equalCodes } from '../derive-code.ts'
import type { ChallengeName } from './challenge-request.ts'
import { type ChallengeWorld, findClient } from './challenge-world.ts'
import { codeFrom } from './code-of-challenge.ts'
import { type CountedOnce, countTry } from './count-try.ts'
import { passChallenge } from './pass-challenge.ts'
import { recordChallenge } from './record-challenge.ts'
import { lockFacts, noSuchChallenge, refuseEnded, refuseLocked } from './refuse-challenge.ts'

/** A code as a person typed it. */
export interface TypedCode extends ChallengeName {
  readonly code: string
}

/**
 * Checks a typed code in three steps: the try is counted and committed; the code is derived and compared in constant
 * time; the challenge is consumed by the one update that can win. Spaces and separators do not matter. Faults:
 * `invalid-code` with what is left, `code-expired`, `locked`, `choice-missing`, `not-found`.
 */
export async function verifyCode(world: ChallengeWorld, typed: TypedCode): Promise<PassedChallenge> {
  findClient(world, typed.client)
  const counted = await countTry(world, typed)
  if (counted === null) throw noSuchChallenge()
  switch (counted.verdict) {
    case 'counted':
      break
    case 'locked':
    case 'lock-due':
      throw refuseLocked(counted.lockedUntil, world.clock())
    case 'expired':
      // Without waiting for the sweep: nobody derives this code again.
      await world.store.challenges.endChallenge(world.store.database, typed.challengeId, 'expired')
      throw refuseEnded('expired')
    default:
      throw refuseEnded(counted.verdict)
  }
  const { code, key } = codeFrom({ ...counted, id: typed.challengeId }, world.keys)
  if (!equalCodes(key, typedDigits(typed.code), code)) throw await failTry(world, typed, counted)
  const passed = await passChallenge(world, typed, counted)
  if (passed === null) throw await refuseLate(world, typed)
  return passed
}

/** The last try, or one that brought a lock, ends the challenge. */
async function failTry(
  world: ChallengeWorld,
  name: ChallengeName,
  counted: CountedOnce,
): Promise<ChallengeFault> {
  const { store } = world
  const over = counted.attempts >= counted.tries || counted.lockedBy !== null
  if (!over) {
    const remainingAttempts = counted.tries - counted.attempts
    return new ChallengeFault('invalid-code', 'Invalid code', { remainingAttempts, actions: [] })
  }
  await store.transaction(async (trx) => {
    if (!(await store.challenges.endChallenge(trx, name.challengeId, 'failed'))) return
    const recorded = { ...counted, id: name.challengeId, client: name.client }
    await recordChallenge(
      trx,
      world,
      'challenge-failed',
      recorded,
      counted.lockedBy === null ? null : 'locked',
    )
  })
  const { lockedBy } = counted
  const next = lockedBy === null ? 'new-challenge' : lockedBy === lockedForGood ? 'prove' : 'wait'
  return new ChallengeFault('invalid-code', 'Invalid code', {
    remainingAttempts: 0,
    actions: [next, 'other-factor'],
    ...(lockedBy === null ? {} : lockFacts(lockedBy, world.clock().toISOString())),
  })
}

/** The code was right, but somebody else was first, or the time ran out between counting and consuming. */
async function refuseLate(world: ChallengeWorld, name: ChallengeName): Promise<Error> {
  const { store } = world
  const challenge = await store.challenges.readChallenge(store.database, name.challengeId, name.client)
  if (challenge === null) return noSuchChallenge()
  return refuseEnded(challenge.status === 'pending' ? 'expired' : challenge.status)
}
