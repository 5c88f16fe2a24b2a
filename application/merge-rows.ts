import { canonicalJson } from '../domain/canonical-json.ts'
import type { Clock } from '../domain/clock.ts'
import { correlationKeys } from '../domain/correlate.ts'
import type { SourceRow } from '../domain/source-row.ts'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import { hashRow } from './canonical-row.ts'
import { composeIdentity } from './compose-identity.ts'
import { countBirths } from './count-births.ts'
import type { DeciderInForce } from './decider.ts'
import { correlationNames, type Derivation } from './derivation.ts'
import { type HashedRow, type LinkedRows, linkRows, lookupKeys } from './link-rows.ts'
import type { Birth, PreparedBirths } from './prepare-births.ts'
import { groupByIdentity, type RecomposedIdentities, recomposeIdentities } from './recompose-identities.ts'
import { splitBorn } from './split-born.ts'

export interface MergeWorld {
  readonly store: Store
  readonly clock: Clock
  /** A new UUID version 7. */
  readonly newId: () => string
  readonly derivation: Derivation
  /** Who decides people as they are made; left out: the drain decides them. */
  readonly decider?: DeciderInForce
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
  /** The records of these rows, where the caller holds their locks already: those that are not among them are new. */
  readonly locked?: readonly StoredRecord[]
  /** People beside the rows, each written down as a person of its own; left out: there are none. */
  readonly births?: PreparedBirths | null
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
  if (rows.length === 0 && origin.births == null) return
  await world.store.transaction((trx) => mergeRowsIn(trx, world, origin, rows))
}

/** What a merge came to. */
export interface Merge {
  /** The identity of each linked row's record by external id; null where its correlation is ambiguous. */
  readonly links: ReadonlyMap<string, string | null>
  /** Identities that these rows switched off. */
  readonly turnedOff: readonly string[]
}

/** Up to here rows go beside those of other writers, key by key; more of them hold the correlation whole. */
export const fewRows = 128

/** The same inside the caller's transaction. */
export async function mergeRowsIn(
  trx: Transaction,
  world: MergeWorld,
  origin: MergeOrigin,
  given: readonly HashedRow[],
): Promise<Merge> {
  const { source, runId } = origin
  const { records } = world.store
  const now = world.clock()
  const prepared = origin.births ?? null
  if (given.length + (prepared?.size ?? 0) > fewRows) await world.store.correlation.lockCorrelation(trx)
  const isInForce = prepared !== null && (await isStillInForce(trx, world, prepared))
  const known =
    origin.locked ??
    (await records.readRecords(trx, source, [
      ...given.map(({ row }) => row.externalId),
      ...(prepared?.births.keys() ?? []),
    ]))
  const existing = new Map(known.map((one) => [one.externalId, one]))
  const births = [...(prepared?.births.values() ?? [])]
  const isNew = ({ externalId }: Birth) => isInForce && !existing.has(externalId)
  const overtaken = prepared?.rowsOf(births.filter((birth) => !isNew(birth))) ?? []
  const rows = keepStoredGroups(origin, [...given, ...overtaken], existing)
  const linked = await linkUnderLock(trx, world, origin, rows, births.filter(isNew), existing)
  const added = linked.records.filter(({ externalId }) => !existing.has(externalId))
  await records.updateRecords(
    trx,
    linked.records.filter(({ externalId }) => existing.has(externalId)),
    now,
    runId,
  )
  const counts = await composeIdentities(trx, world, origin, linked, added, now)
  if (runId !== null) await countMerge(trx, world.store, runId, linked, existing, counts)
  return {
    links: new Map(linked.records.map(({ externalId, identityId }) => [externalId, identityId])),
    turnedOff: counts.turnedOff,
  }
}

/** What was linked, and who is a person of their own as it was prepared. */
interface Linked extends LinkedRows {
  readonly born: readonly Birth[]
}

/**
 * Ties rows to identities and writes their keys. A record that is linked, and whose keys stay as they are, has no
 * part in correlation: it takes no lock.
 */
async function linkUnderLock(
  trx: Transaction,
  world: MergeWorld,
  { source, locked, births: prepared }: MergeOrigin,
  rows: readonly HashedRow[],
  births: readonly Birth[],
  existing: ReadonlyMap<string, StoredRecord>,
): Promise<Linked> {
  const { correlation } = world.store
  const unlinked = rows.filter(({ row }) => existing.get(row.externalId)?.identityId == null)
  const names = correlationNames(world.derivation)
  // A read writes the keys of what changed whole: the names of the keys may be what changed.
  const rekeyed = rows.filter(
    ({ row }) => locked === undefined || hasOtherKeys(row, existing.get(row.externalId), names),
  )
  if (rekeyed.length > 0 && rows.length <= fewRows) await correlation.lockKeys(trx, keysOf(rekeyed, names))
  const hits = await correlation.findKeyHits(
    trx,
    source,
    distinctLookups(world.derivation, source, unlinked, births),
  )
  const overrides = await correlation.readOverrides(
    trx,
    source,
    // Nobody can have spoken of a record whose own new id is its key.
    [...unlinked.map(({ row }) => row.externalId), ...births.map(({ externalId }) => externalId)].filter(
      (one) => locked === undefined || existing.has(one),
    ),
  )
  const { born, others } = splitBorn(births, rows, { hits, overrides, names })
  const linked = linkRows([...rows, ...(prepared?.rowsOf(others) ?? [])], world.derivation, {
    source,
    existing,
    hits,
    overrides,
    newId: world.newId,
  })
  const changed = new Set(rekeyed.map(({ row }) => row.externalId))
  await correlation.replaceKeys(
    trx,
    source,
    [...existing.keys()].filter((externalId) => changed.has(externalId)),
    linked.keys.filter(({ externalId }) => changed.has(externalId) && existing.has(externalId)),
  )
  return { ...linked, born }
}

function hasOtherKeys(row: SourceRow, before: StoredRecord | undefined, names: readonly string[]): boolean {
  if (before === undefined || before.identityId === null) return true
  const [left, right] = [before.attributes, row.attributes].map((one) => correlationKeys(one, names))
  return canonicalJson(left) !== canonicalJson(right)
}

function keysOf(rows: readonly HashedRow[], names: readonly string[]) {
  return rows.flatMap(({ row }) => correlationKeys(row.attributes, names))
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

interface MergeCounts extends RecomposedIdentities {
  readonly created: number
}

async function composeIdentities(
  trx: Transaction,
  world: MergeWorld,
  { runId, births }: MergeOrigin,
  linked: Linked,
  added: readonly StoredRecord[],
  now: Date,
): Promise<MergeCounts> {
  const due = { at: now, reason: 'record', runId } as const
  const ofCreated = linked.records.filter(({ identityId }) => linked.created.has(identityId ?? ''))
  const created = [...groupByIdentity(ofCreated)].flatMap(
    ([id, records]) => composeIdentity(id, records, world.derivation, now) ?? [],
  )
  const fresh = new Set(added.map(({ externalId }) => externalId))
  const keys = linked.keys.filter(({ externalId }) => fresh.has(externalId))
  if (added.length <= fewRows)
    await world.store.fresh.insertFresh(trx, { records: added, keys, identities: created }, due)
  else {
    await world.store.correlation.insertKeys(trx, keys)
    await world.store.records.insertRecords(trx, added, now, runId)
    await world.store.identities.insertIdentities(trx, created, due)
  }
  // Nobody else can know of them yet: there is nothing to lock, to compare or to tell.
  if (births != null && linked.born.length > 0)
    await world.store.births.insertBirths(trx, births.texts, linked.born)
  const touched = new Set(linked.records.flatMap(({ identityId }) => identityId ?? []))
  const known = [...touched].filter((id) => !linked.created.has(id))
  const changes = await recomposeIdentities(trx, world, known, due)
  return { ...changes, created: created.length + linked.born.length }
}

/**
 * What was prepared counts only under the set that it was decided by. Asked before anybody is locked: whoever puts
 * another set in force holds it while they mark everybody.
 */
async function isStillInForce(
  trx: Transaction,
  { store }: MergeWorld,
  { policySet }: PreparedBirths,
): Promise<boolean> {
  return (await store.policySets.holdInForce(trx)) === policySet
}

async function countMerge(
  trx: Transaction,
  store: Store,
  runId: string,
  { records, born }: Linked,
  existing: ReadonlyMap<string, StoredRecord>,
  { created, changed: recomposed, deactivated, reactivated }: MergeCounts,
): Promise<void> {
  const added = records.filter(({ externalId }) => !existing.has(externalId))
  const returned = records.filter(({ externalId }) => existing.get(externalId)?.missingSince != null)
  // Records without a link are tried again in every run; only what differs counts as changed.
  const changed = records.filter(({ externalId, hash, identityId }) => {
    const before = existing.get(externalId)
    return before !== undefined && !(before.hash.equals(hash) && before.identityId === identityId)
  })
  await store.runs.addToRun(trx, runId, {
    records: { added: added.length + born.length, changed: changed.length, returned: returned.length },
    identities: { created, changed: recomposed, deactivated, reactivated },
    ...countBirths(born),
  })
}

function distinctLookups(
  derivation: Derivation,
  source: string,
  rows: readonly HashedRow[],
  births: readonly Birth[],
) {
  const names = new Set(derivation.correlate.get(source))
  const lookups = new Map<string, { name: string; key: string }>()
  const ofRows = rows.flatMap(({ row }) => lookupKeys(derivation, source, row))
  const ofBirths = births.flatMap(({ keys }) => keys.filter(({ name }) => names.has(name)))
  for (const { name, key } of [...ofRows, ...ofBirths]) lookups.set(`${name}\u0000${key}`, { name, key })
  return [...lookups.values()]
}
