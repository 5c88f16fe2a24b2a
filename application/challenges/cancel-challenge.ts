import type { ChallengeName } from './challenge-request.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import { openChallenge } from './open-challenge.ts'
import { recordChallenge } from './record-challenge.ts'

/** Its client gives a challenge up. One that has ended stays as it is. `not-found` where there is none. */
export async function cancelChallenge(world: ChallengeWorld, name: ChallengeName): Promise<void> {
  await world.store.transaction(async (trx) => {
    const { challenge } = await openChallenge(trx, world, name)
    if (!(await world.store.challenges.endChallenge(trx, challenge.id, 'cancelled'))) return
    await recordChallenge(trx, world, 'challenge-cancelled', challenge, 'by-client')
  })
}
