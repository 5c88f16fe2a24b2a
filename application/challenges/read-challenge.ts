import type { ChallengeView } from '../../domain/challenge.ts'
import type { ChallengeName } from './challenge-request.ts'
import { type ChallengeWorld, findClient } from './challenge-world.ts'
import { readStanding } from './read-standing.ts'
import { noSuchChallenge } from './refuse-challenge.ts'
import { namedAlternatives, needsAlternatives, viewChallenge, wishOf } from './view-challenge.ts'

/** A challenge as it stands, with its delivery. `not-found` where there is none or it is another client's. */
export async function readChallenge(world: ChallengeWorld, name: ChallengeName): Promise<ChallengeView> {
  const client = findClient(world, name.client)
  const { store } = world
  const challenge = await store.challenges.readChallenge(store.database, name.challengeId, client.id)
  if (challenge === null) throw noSuchChallenge()
  if (!needsAlternatives(challenge)) return viewChallenge(challenge, [])
  const known = await readStanding(store, challenge.identityId)
  return viewChallenge(challenge, namedAlternatives(known, challenge, wishOf(world, client, challenge)))
}
