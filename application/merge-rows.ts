import { canonicalJson } from '../domain/canonical-json.ts'
import type { Clock } from '../domain/clock.ts'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import type { StoredIdentity } from '../store/write/identities.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import { hashRow } from './canonical-row.ts'
import { composeIdentity } from './compose-identity.ts'
import type { Derivation } from './derivation.ts'
import { type HashedRow, type LinkedRows, linkRows, lookupKeys } from './link-rows.ts'

export interface MergeWorld {
  readonly store: Store
  readonly clock: Clock
  /** A new UUID version 7. */
  readonly newId: () => string
  readonly derivation: Derivation
}

/** Where the rows come from, and the run that counts them (null: not part of a run). */
export interface MergeOrigin {
  readonly source: string
  readonly runId: string | null
  /**
   * Set where the source brings groups: what a hash is made of beside the row. A row with `groups: null` then keeps
   * the groups that are stored (architecture rule 8: not read is not absent).
   */
  readonly keepsGroups?: string
}

/**
 * Takes rows that are new or changed into the store, in one transaction: records, their keys, the identities that
 * they make, and the due marks. Running it twice with the same rows changes nothing the second time.
 */
export async function mergeRows(
  world: MergeWorld,
  origin: MergeOrigin,
  rows: readonly HashedRow[],
): Promise<void> {
  if (rows.length === 0) return
  await world.store.transaction((trx) => mergeRowsIn(trx, world, origin, rows))
}

/** The same inside the caller's transaction. Answers the identities that the rows belong to. */
export async function mergeRowsIn(
  trx: Transaction,
  world: MergeWorld,
  origin: MergeOrigin,
  given: readonly HashedRow[],
): Promise<ReadonlySet<string>> {
  const { source, runId } = origin
  const { records } = world.store
  const now = world.clock()
  await records.lockCorrelation(trx)
  const externalIds = given.map(({ row }) => row.externalId)
  const existing = new Map(
    (await records.readRecords(trx, source, externalIds)).map((one) => [one.externalId, one]),
  )
  const rows = keepStoredGroups(origin, given, existing)
  const unlinked = rows.filter(({ row }) => existing.get(row.externalId)?.identityId == null)
  const linked = linkRows(rows, world.derivation, {
    source,
    existing,
    hits: await records.findKeyHits(trx, source, distinctLookups(world.derivation, source, unlinked)),
    overrides: await records.readOverrides(
      trx,
      source,
      unlinked.map(({ row }) => row.externalId),
    ),
    newId: world.newId,
  })
  await records.insertRecords(
    trx,
    linked.records.filter(({ externalId }) => !existing.has(externalId)),
    now,
    runId,
  )
  await records.updateRecords(
    trx,
    linked.records.filter(({ externalId }) => existing.has(externalId)),
    now,
    runId,
  )
  await records.replaceKeys(trx, source, [...existing.keys()], linked.keys)
  const counts = await composeIdentities(trx, world, runId, linked, now)
  if (runId !== null) await countMerge(trx, world.store, runId, linked.records, existing, counts)
  return new Set(linked.records.flatMap(({ identityId }) => identityId ?? []))
}

function keepStoredGroups(
  { keepsGroups }: MergeOrigin,
  rows: readonly HashedRow[],
  existing: ReadonlyMap<string, StoredRecord>,
): readonly HashedRow[] {
  if (keepsGroups === undefined) return rows
  return rows.flatMap((hashed) => {
    const known = existing.get(hashed.row.externalId)
    if (hashed.row.groups !== null || known === undefined) return [hashed]
    const row = { ...hashed.row, groups: known.groups }
    const hash = hashRow(row, keepsGroups)
    // With its groups put back it may be what is stored already.
    return known.identityId !== null && known.hash.equals(hash) ? [] : [{ row, hash }]
  })
}

interface IdentityChanges {
  readonly created: number
  readonly changed: number
  readonly deactivated: number
  readonly reactivated: number
}

async function composeIdentities(
  trx: Transaction,
  world: MergeWorld,
  runId: string | null,
  linked: LinkedRows,
  now: Date,
): Promise<IdentityChanges> {
  const touched = new Set(linked.records.flatMap(({ identityId }) => identityId ?? []))
  const known = [...touched].filter((id) => !linked.created.has(id))
  const due = { at: now, reason: 'record', runId } as const
  const created = [
    ...groupByIdentity(linked.records.filter(({ identityId }) => linked.created.has(identityId ?? ''))),
  ]
  await world.store.identities.insertIdentities(
    trx,
    created.map(([id, records]) => composeIdentity(id, records, world.derivation, now)),
    due,
  )
  const changes = await recomposeIdentities(trx, world, known, due)
  return { ...changes, created: created.length }
}

/** Composes known identities anew from all their records; what differs is written and made due. */
export async function recomposeIdentities(
  trx: Transaction,
  world: MergeWorld,
  ids: readonly string[],
  due: { readonly at: Date; readonly reason: 'record' | 'review' | 'manual'; readonly runId: string | null },
): Promise<Omit<IdentityChanges, 'created'>> {
  const { identities, records } = world.store
  await identities.lockIdentities(trx, ids)
  const before = new Map(
    (await identities.readIdentities(trx, ids)).map((identity) => [identity.id, identity]),
  )
  const changed: StoredIdentity[] = []
  const ofIdentities = groupByIdentity(await records.readRecordsOfIdentities(trx, ids))
  for (const [id, identity] of before) {
    const after = composedAnew(world, identity, ofIdentities.get(id) ?? [], due.at)
    if (canonicalJson(after) !== canonicalJson(identity)) changed.push(after)
  }
  await identities.updateIdentities(trx, changed, due.at)
  await identities.markDue(
    trx,
    changed.map(({ id }) => id),
    due,
  )
  const turned = (active: boolean) =>
    changed.filter((after) => after.active === active && before.get(after.id)?.active === !active).length
  return { changed: changed.length, deactivated: turned(false), reactivated: turned(true) }
}

/** An identity that lost its last record to another (a person linked it there) keeps its attributes, switched off. */
function composedAnew(
  world: MergeWorld,
  identity: StoredIdentity,
  records: readonly StoredRecord[],
  now: Date,
): StoredIdentity {
  if (records.length > 0) return composeIdentity(identity.id, records, world.derivation, now)
  return { ...identity, active: false, sources: [], inactiveFrom: null }
}

async function countMerge(
  trx: Transaction,
  store: Store,
  runId: string,
  records: readonly StoredRecord[],
  existing: ReadonlyMap<string, StoredRecord>,
  identities: IdentityChanges,
): Promise<void> {
  const added = records.filter(({ externalId }) => !existing.has(externalId))
  const returned = records.filter(({ externalId }) => existing.get(externalId)?.missingSince != null)
  // Records without a link are tried again in every run; only what differs counts as changed.
  const changed = records.filter(({ externalId, hash, identityId }) => {
    const before = existing.get(externalId)
    return before !== undefined && !(before.hash.equals(hash) && before.identityId === identityId)
  })
  await store.runs.addToRun(trx, runId, {
    records: { added: added.length, changed: changed.length, returned: returned.length },
    identities: { ...identities },
  })
}

function distinctLookups(derivation: Derivation, source: string, rows: readonly HashedRow[]) {
  const lookups = new Map<string, { name: string; key: string }>()
  for (const { row } of rows) {
    for (const { name, key } of lookupKeys(derivation, source, row))
      lookups.set(`${name}\u0000${key}`, { name, key })
  }
  return [...lookups.values()]
}

function groupByIdentity(records: readonly StoredRecord[]): ReadonlyMap<string, readonly StoredRecord[]> {
  const groups = new Map<string, StoredRecord[]>()
  for (const record of records) {
    if (record.identityId === null) continue
    const group = groups.get(record.identityId)
    if (group === undefined) groups.set(record.identityId, [record])
    else group.push(record)
  }
  return groups
}
