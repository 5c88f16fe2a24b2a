import type { ChallengeView } from '../../domain/challenge.ts'
import { alternativesTo, chooseEnrollments } from '../../domain/challenge-choice.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import type { Transaction } from '../../store/database.ts'
import type { ChallengeName } from './challenge-request.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import { openChallenge } from './open-challenge.ts'
import { noSuchChallenge, refuseChoice, refuseEnded } from './refuse-challenge.ts'
import { sendCode, waitAfter } from './send-code.ts'
import { namedAlternatives, viewChallenge, wishOf } from './view-challenge.ts'

/**
 * Sends the same code once more: its expiry stays, and so do the tries. Faults: `too-many-requests` with
 * `retryAfter` before the wait is over, `no-more-sends` with the alternatives, `not-available` (or the reason),
 * `code-expired`, `choice-missing`, `not-found`.
 */
export async function resendCode(world: ChallengeWorld, name: ChallengeName): Promise<ChallengeView> {
  const { view, deliveryId } = await world.store.transaction((trx) => resendIn(trx, world, name))
  world.wake(deliveryId)
  return view
}

async function resendIn(
  trx: Transaction,
  world: ChallengeWorld,
  name: ChallengeName,
): Promise<{ readonly view: ChallengeView; readonly deliveryId: string }> {
  const { store } = world
  const { client, challenge, known } = await openChallenge(trx, world, name)
  if (challenge.status !== 'pending') throw refuseEnded(challenge.status)
  const wish = wishOf(world, client, challenge)
  const alternatives = () => alternativesTo(known.standing, wish)
  if (challenge.sends >= challenge.maxSends) {
    throw new ChallengeFault('no-more-sends', 'This code cannot be sent again.', {
      actions: ['new-challenge', ...alternatives()],
    })
  }
  const wait = challenge.resendIn ?? 0
  if (wait > 0) {
    throw new ChallengeFault('too-many-requests', 'Too many requests', {
      retryAfter: Math.ceil(wait / 1000),
      actions: ['wait'],
    })
  }
  const choice = chooseEnrollments(known.standing, wish)
  if (choice.enrollments === null) throw refuseChoice(choice, known.standing, wish)
  await store.challenges.countSend(trx, challenge.id, waitAfter(world, challenge.sends + 1))
  const resent = await store.challenges.readChallenge(trx, challenge.id, client.id)
  if (resent === null) throw noSuchChallenge()
  const deliveryId = await sendCode(trx, world, client, resent, choice.enrollments[0])
  const view = viewChallenge({ ...resent, deliveryStatus: 'queued' }, namedAlternatives(known, resent, wish))
  return { view, deliveryId }
}
