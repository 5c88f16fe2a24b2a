import type { ChallengeView } from '../../domain/challenge.ts'
import { chooseEnrollments } from '../../domain/challenge-choice.ts'
import { MusterError } from '../../domain/error.ts'
import type { Transaction } from '../../store/database.ts'
import type { ChallengeName } from './challenge-request.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import { openChallenge } from './open-challenge.ts'
import { noSuchChallenge, refuseChoice, refuseEnded } from './refuse-challenge.ts'
import { sendCode, targetOf } from './send-code.ts'
import { namedAlternatives, viewChallenge, wishOf } from './view-challenge.ts'

/**
 * The person chose where the code goes: it goes out. Choosing the same again changes nothing. Faults: `usage` for an
 * enrollment that was not offered, `not-available` (or the reason) where it can no longer be used,
 * `too-many-requests`, `code-expired`, `not-found`.
 */
export async function selectEnrollment(
  world: ChallengeWorld,
  request: ChallengeName & { readonly enrollmentId: string },
): Promise<ChallengeView> {
  const { view, deliveryId } = await world.store.transaction((trx) => selectIn(trx, world, request))
  if (deliveryId !== null) world.wake(deliveryId)
  return view
}

async function selectIn(
  trx: Transaction,
  world: ChallengeWorld,
  request: ChallengeName & { readonly enrollmentId: string },
): Promise<{ readonly view: ChallengeView; readonly deliveryId: string | null }> {
  const { store } = world
  const { client, challenge, known } = await openChallenge(trx, world, request)
  const { enrollmentId } = request
  const wish = wishOf(world, client, { ...challenge, enrollmentId })
  if (challenge.status === 'pending' && challenge.enrollmentId === enrollmentId)
    return { view: viewChallenge(challenge, namedAlternatives(known, challenge, wish)), deliveryId: null }
  if (challenge.status === 'pending')
    throw new MusterError('usage', 'Where the code goes was chosen already.')
  if (challenge.status !== 'selecting') throw refuseEnded(challenge.status)
  if (!challenge.choices?.some((choice) => choice.enrollmentId === enrollmentId))
    throw new MusterError('usage', 'This enrollment is not among the choices.')
  const choice = chooseEnrollments(known.standing, wish)
  if (choice.enrollments === null) throw refuseChoice(choice, known.standing, wish)
  const [enrollment] = choice.enrollments
  const left = await store.challenges.supersede(trx, { ...challenge, enrollmentId })
  await store.challenges.startChosen(trx, challenge.id, targetOf(world, enrollment, left ?? challenge.tries))
  const started = await store.challenges.readChallenge(trx, challenge.id, client.id)
  if (started === null) throw noSuchChallenge()
  const deliveryId = await sendCode(trx, world, client, started, enrollment)
  const alternatives = namedAlternatives(known, started, wish)
  return { view: viewChallenge({ ...started, deliveryStatus: 'queued' }, alternatives), deliveryId }
}
