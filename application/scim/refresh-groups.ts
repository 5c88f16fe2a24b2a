import type { Transaction } from '../../store/database.ts'
import { recomposeIdentities } from '../recompose-identities.ts'
import type { ScimWorld } from './scim-world.ts'

/** People in one statement. */
const piece = 1000

/**
 * Gives these users the groups that they are in now, and composes anew and makes due whom that changes. All records
 * before all identities, each in order: the order in which everybody locks.
 */
export async function refreshGroups(
  trx: Transaction,
  world: ScimWorld,
  source: string,
  userIds: Iterable<string>,
  now: Date,
): Promise<void> {
  const changed = new Set<string>()
  for (const ids of piecesOf(userIds)) {
    const identities = await world.store.scimMembers.refreshRecordGroups(trx, source, ids, now)
    for (const id of identities) changed.add(id)
  }
  for (const ids of piecesOf(changed))
    await recomposeIdentities(trx, world, ids, { at: now, reason: 'record', runId: null })
}

function* piecesOf(ids: Iterable<string>): Generator<readonly string[]> {
  const sorted = [...new Set(ids)].sort()
  for (let start = 0; start < sorted.length; start += piece) yield sorted.slice(start, start + piece)
}
