import { equalRows } from '../domain/equal-rows.ts'
import type { Transaction } from '../store/database.ts'
import type { DueReason, StoredIdentity } from '../store/write/identities.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import { composeIdentity } from './compose-identity.ts'
import type { MergeWorld } from './merge-rows.ts'

/** What composing anew came to. */
export interface RecomposedIdentities {
  readonly changed: number
  readonly deactivated: number
  readonly reactivated: number
  /** Identities that were active before and are not now. */
  readonly turnedOff: readonly string[]
  /** Identities that no source brings any more, since now. */
  readonly left: readonly string[]
}

/** Composes known identities anew from all their records; what differs is written and made due. */
export async function recomposeIdentities(
  trx: Transaction,
  world: MergeWorld,
  ids: readonly string[],
  due: { readonly at: Date; readonly reason: DueReason; readonly runId: string | null },
): Promise<RecomposedIdentities> {
  if (ids.length === 0) return { changed: 0, deactivated: 0, reactivated: 0, turnedOff: [], left: [] }
  const { identities, records } = world.store
  // Read after the lock is held: two sources that change one person at once see each other.
  await identities.lockIdentities(trx, ids)
  const before = new Map(
    (await identities.readIdentities(trx, ids)).map((identity) => [identity.id, identity]),
  )
  const changed: StoredIdentity[] = []
  const ofIdentities = groupByIdentity(await records.readRecordsOfIdentities(trx, ids))
  for (const [id, identity] of before) {
    const after = composedAnew(world, identity, ofIdentities.get(id) ?? [], due.at)
    if (!equalRows(after, identity)) changed.push(after)
  }
  await identities.updateIdentities(trx, changed, due.at)
  await identities.markDue(
    trx,
    changed.map(({ id }) => id),
    due,
  )
  const turned = (active: boolean) =>
    changed.filter((after) => after.active === active && before.get(after.id)?.active === !active)
  const turnedOff = turned(false).map(({ id }) => id)
  return {
    changed: changed.length,
    deactivated: turnedOff.length,
    reactivated: turned(true).length,
    turnedOff,
    left: changed
      .filter(({ id, leftAt }) => leftAt !== null && before.get(id)?.leftAt === null)
      .map(({ id }) => id),
  }
}

/**
 * An identity without a live record keeps its attributes, switched off. It has left where a source said so; where it
 * only lost its last record to another (a person linked it there), it has not.
 */
function composedAnew(
  world: MergeWorld,
  identity: StoredIdentity,
  records: readonly StoredRecord[],
  now: Date,
): StoredIdentity {
  const composed = composeIdentity(identity.id, records, world.derivation, now)
  if (composed !== null) return composed
  const leftAt = identity.leftAt ?? (records.length > 0 ? now.toISOString() : null)
  return { ...identity, active: false, sources: [], inactiveFrom: null, leftAt }
}

export function groupByIdentity(
  records: readonly StoredRecord[],
): ReadonlyMap<string, readonly StoredRecord[]> {
  const groups = new Map<string, StoredRecord[]>()
  for (const record of records) {
    if (record.identityId === null) continue
    const group = groups.get(record.identityId)
    if (group === undefined) groups.set(record.identityId, [record])
    else group.push(record)
  }
  return groups
}
