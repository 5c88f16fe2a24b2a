import type { Transaction } from '../../store/database.ts'
import { recomposeIdentities } from '../recompose-identities.ts'
import type { ScimWorld } from './scim-world.ts'

/** People who are composed at a time. */
const piece = 1000

/**
 * Gives these users the groups that they are in now, and makes due whom that changes. Whom only this source knows the
 * database composes; who has records of other sources too is composed of all.
 */
export async function refreshGroups(
  trx: Transaction,
  world: ScimWorld,
  source: string,
  userIds: Iterable<string>,
  now: Date,
): Promise<void> {
  const several = [...(await world.store.scimMembers.refreshGroups(trx, source, [...userIds], now))].sort()
  for (let start = 0; start < several.length; start += piece)
    await recomposeIdentities(trx, world, several.slice(start, start + piece), {
      at: now,
      reason: 'record',
      runId: null,
    })
}
