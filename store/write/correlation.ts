import type { Actor } from '../../domain/actor.ts'
import { copyRows } from '../copy-rows.ts'
import type { CopyTable } from '../copy-text.ts'
import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

/** One key of one linked record, normalised. */
export interface RecordKey {
  readonly name: string
  readonly key: string
  readonly source: string
  readonly externalId: string
  readonly identityId: string
}

/** An identity that a correlation key leads to. */
export interface KeyHit {
  readonly name: string
  readonly key: string
  readonly identityId: string
  readonly left: boolean
  /** It already has a record, neither missing nor deleted, in the source that asks. */
  readonly liveRecordInSource: boolean
}

/** A person's word on correlation, which survives every run. */
export interface CorrelationOverride {
  readonly externalId: string
  readonly kind: 'link' | 'unlink'
  readonly identityId: string
}

/** Serialises everything that decides which identity a record belongs to: two sources may bring one person at once. */
export async function lockCorrelation(trx: Transaction): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(7238216002)')
}

/**
 * The same for a few rows: writers of other keys go on beside this one, a read that holds everything does not. The
 * keys are taken in one order, so that two writers never wait for each other in a ring. What they lead to is asked in
 * a later statement, which sees what the writer before has committed.
 */
export async function lockKeys(
  trx: Transaction,
  keys: readonly { readonly name: string; readonly key: string }[],
): Promise<void> {
  await runPrepared(trx, 'lock-correlation-keys', 'select lock_correlation_keys(?::text[], ?::text[])', [
    keys.map(({ name }) => name),
    keys.map(({ key }) => key),
  ])
}

/** Every identity that any of the keys leads to, one row for each key and identity. */
export async function findKeyHits(
  trx: Transaction,
  source: string,
  keys: readonly { readonly name: string; readonly key: string }[],
): Promise<readonly KeyHit[]> {
  if (keys.length === 0) return []
  // Key by key through the index, whatever the planner thought of the tables when it planned this.
  const { rows } = await runPrepared<{ rows: KeyHit[] }>(
    trx,
    'find-key-hits',
    `select distinct asked.name, asked.key, k.identity_id as "identityId", i.left_at is not null as left,
       exists (select 1 from source_records r where r.identity_id = k.identity_id and r.source = ?
                 and r.missing_since is null and r.deleted_at is null) as "liveRecordInSource"
     from unnest(?::text[], ?::text[]) asked(name, key)
     cross join lateral (select identity_id from correlation_keys c
                         where c.name = asked.name and c.key = asked.key offset 0) k
     cross join lateral (select left_at from identities o where o.id = k.identity_id offset 0) i`,
    [source, keys.map(({ name }) => name), keys.map(({ key }) => key)],
  )
  return rows
}

export async function readOverrides(
  trx: Transaction,
  source: string,
  externalIds: readonly string[],
): Promise<readonly CorrelationOverride[]> {
  if (externalIds.length === 0) return []
  const { rows } = await trx.raw<{ rows: CorrelationOverride[] }>(
    `select external_id as "externalId", kind, identity_id as "identityId"
     from correlation_overrides where source = ? and external_id = any(?)`,
    [source, [...externalIds]],
  )
  return rows
}

/** Writes a person's word on correlation; the opposite word on the same pair goes. */
export async function putOverride(
  trx: Transaction,
  override: CorrelationOverride & { readonly source: string },
  actor: Actor,
  reason: string | null,
  at: Date,
): Promise<void> {
  const { source, externalId, kind, identityId } = override
  await trx.raw(
    'delete from correlation_overrides where source = ? and external_id = ? and (kind = ? or identity_id = ?)',
    [source, externalId, 'link', identityId],
  )
  await trx.raw(
    `insert into correlation_overrides (source, external_id, kind, identity_id, actor_kind, actor_id, reason, at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [source, externalId, kind, identityId, actor.kind, actor.id, reason, at],
  )
}

/** Puts the keys of these records in the place of whatever keys they had. */
export async function replaceKeys(
  trx: Transaction,
  source: string,
  knownExternalIds: readonly string[],
  keys: readonly RecordKey[],
): Promise<void> {
  if (knownExternalIds.length > 0) {
    await trx.raw('delete from correlation_keys where source = ? and external_id = any(?)', [
      source,
      [...knownExternalIds],
    ])
  }
  await insertKeys(trx, keys)
}

/** Keys of records that had none. */
export const keyRows: CopyTable<RecordKey> = {
  table: 'correlation_keys',
  columns: ['name', 'key', 'source', 'external_id', 'identity_id'],
  texts: { identity_id: 'ours' },
  valuesOf: (key) => [key.name, key.key, key.source, key.externalId, key.identityId],
}

/** Writes the keys of records that had none. */
export async function insertKeys(trx: Transaction, keys: readonly RecordKey[]): Promise<void> {
  await copyRows(trx, keyRows, keys)
}

/** Takes the keys of these names off a record. */
export async function dropKeys(
  trx: Transaction,
  source: string,
  externalId: string,
  names: readonly string[],
): Promise<void> {
  await trx.raw('delete from correlation_keys where source = ? and external_id = ? and name = any(?)', [
    source,
    externalId,
    [...names],
  ])
}
