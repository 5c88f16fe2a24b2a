import type { ClientSettings } from '../../domain/challenge.ts'
import type { Transaction } from '../../store/database.ts'
import type { StoredChallenge } from '../../store/write/challenges.ts'
import type { ChallengeName } from './challenge-request.ts'
import { type ChallengeWorld, findClient } from './challenge-world.ts'
import { type KnownStanding, lockStanding } from './read-standing.ts'
import { noSuchChallenge } from './refuse-challenge.ts'

/** A challenge under the lock of its identity. */
export interface OpenChallenge {
  readonly client: ClientSettings
  readonly challenge: StoredChallenge
  readonly known: KnownStanding
}

/**
 * Locks the identity of a challenge, as every writer does first, and reads the challenge after that: until the end of
 * the transaction only tries change it. `not-found` where there is none or it is another client's.
 */
export async function openChallenge(
  trx: Transaction,
  world: ChallengeWorld,
  name: ChallengeName,
): Promise<OpenChallenge> {
  const client = findClient(world, name.client)
  const { challenges } = world.store
  const before = await challenges.readChallenge(trx, name.challengeId, client.id)
  if (before === null) throw noSuchChallenge()
  const known = await lockStanding(trx, world.store, before.identityId)
  const challenge = await challenges.readChallenge(trx, name.challengeId, client.id)
  if (challenge === null) throw noSuchChallenge()
  return { client, challenge, known }
}
