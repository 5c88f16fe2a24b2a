import type { Actor } from '../../domain/actor.ts'
import type { Attributes } from '../../domain/attributes.ts'
import { copyRows } from '../copy-rows.ts'
import type { Transaction } from '../database.ts'

export type RecordLink = 'created' | 'key' | 'manual' | 'none'

/** A source record as it is stored. */
export interface StoredRecord {
  readonly source: string
  readonly externalId: string
  readonly id: string
  /** Null: linked to nobody (`linkFault` says why). */
  readonly identityId: string | null
  /** md5 of the canonical row and the mapping: 16 bytes. */
  readonly hash: Buffer
  readonly active: boolean
  readonly inactiveFrom: string | null
  readonly country: string | null
  readonly groups: readonly string[] | null
  readonly attributes: Attributes
  readonly link: RecordLink
  readonly linkFault: string | null
  readonly missingSince: string | null
}

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
  /** It already has a record, not marked missing, in the source that asks. */
  readonly liveRecordInSource: boolean
}

/** A person's word on correlation, which survives every run. */
export interface CorrelationOverride {
  readonly externalId: string
  readonly kind: 'link' | 'unlink'
  readonly identityId: string
}

const recordColumns = `source, external_id as "externalId", id, identity_id as "identityId", hash, active,
  inactive_from as "inactiveFrom", country, groups, attributes, link, link_fault as "linkFault",
  missing_since as "missingSince"`

/** Serialises everything that decides which identity a record belongs to: two sources may bring one person at once. */
export async function lockCorrelation(trx: Transaction): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(7238216002)')
}

export async function readRecords(
  trx: Transaction,
  source: string,
  externalIds: readonly string[],
): Promise<readonly StoredRecord[]> {
  const { rows } = await trx.raw<{ rows: StoredRecord[] }>(
    `select ${recordColumns} from source_records where source = ? and external_id = any(?) order by external_id for update`,
    [source, [...externalIds]],
  )
  return rows.map(withIsoTimes)
}

export async function readRecordsOfIdentities(
  trx: Transaction,
  identityIds: readonly string[],
): Promise<readonly StoredRecord[]> {
  const { rows } = await trx.raw<{ rows: StoredRecord[] }>(
    `select ${recordColumns} from source_records where identity_id = any(?) order by source, external_id`,
    [[...identityIds]],
  )
  return rows.map(withIsoTimes)
}

/** Every identity that any of the keys leads to, one row for each key and identity. */
export async function findKeyHits(
  trx: Transaction,
  source: string,
  keys: readonly { readonly name: string; readonly key: string }[],
): Promise<readonly KeyHit[]> {
  if (keys.length === 0) return []
  const { rows } = await trx.raw<{ rows: KeyHit[] }>(
    `select distinct k.name, k.key, k.identity_id as "identityId", i.left_at is not null as left,
       exists (select 1 from source_records r
               where r.identity_id = k.identity_id and r.source = ? and r.missing_since is null) as "liveRecordInSource"
     from unnest(?::text[], ?::text[]) asked(name, key)
     join correlation_keys k using (name, key)
     join identities i on i.id = k.identity_id`,
    [source, keys.map(({ name }) => name), keys.map(({ key }) => key)],
  )
  return rows
}

export async function readOverrides(
  trx: Transaction,
  source: string,
  externalIds: readonly string[],
): Promise<readonly CorrelationOverride[]> {
  const { rows } = await trx.raw<{ rows: CorrelationOverride[] }>(
    `select external_id as "externalId", kind, identity_id as "identityId"
     from correlation_overrides where source = ? and external_id = any(?)`,
    [source, [...externalIds]],
  )
  return rows
}

export async function insertRecords(
  trx: Transaction,
  records: readonly StoredRecord[],
  at: Date,
  runId: string | null,
): Promise<void> {
  await copyRows(
    trx,
    'source_records',
    [
      'source',
      'external_id',
      'id',
      'identity_id',
      'hash',
      'active',
      'inactive_from',
      'country',
      'groups',
      'attributes',
      'link',
      'link_fault',
      'created_at',
      'changed_at',
      'changed_run',
    ],
    records.map((record) => [
      record.source,
      record.externalId,
      record.id,
      record.identityId,
      record.hash,
      record.active,
      record.inactiveFrom,
      record.country,
      record.groups,
      record.attributes,
      record.link,
      record.linkFault,
      at,
      at,
      runId,
    ]),
  )
}

export async function updateRecords(
  trx: Transaction,
  records: readonly StoredRecord[],
  at: Date,
  runId: string | null,
): Promise<void> {
  if (records.length === 0) return
  const rows = records.map((record) => ({ ...record, hash: record.hash.toString('hex') }))
  await trx.raw(
    `update source_records r set identity_id = u."identityId", hash = decode(u.hash, 'hex'), active = u.active,
       inactive_from = u."inactiveFrom", country = u.country, groups = nullif(u.groups, 'null'::jsonb), attributes = u.attributes,
       link = u.link, link_fault = u."linkFault", changed_at = ?, changed_run = ?, missing_since = null, missing_run = null
     from jsonb_to_recordset(?::jsonb) as u(source text, "externalId" text, "identityId" uuid, hash text, active boolean,
       "inactiveFrom" timestamptz, country text, groups jsonb, attributes jsonb, link text, "linkFault" text)
     where r.source = u.source and r.external_id = u."externalId"`,
    [at, runId, JSON.stringify(rows)],
  )
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

/** Takes a record off its identity, so that it is correlated anew. */
export async function unlinkRecord(trx: Transaction, source: string, externalId: string): Promise<void> {
  await trx.raw(
    "update source_records set identity_id = null, link = 'none' where source = ? and external_id = ?",
    [source, externalId],
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
  await copyRows(
    trx,
    'correlation_keys',
    ['name', 'key', 'source', 'external_id', 'identity_id'],
    keys.map((key) => [key.name, key.key, key.source, key.externalId, key.identityId]),
  )
}

/** Marks records by the first 16 hex digits of md5(external id), as the table of known records keeps them. */
export async function markMissing(
  trx: Transaction,
  source: string,
  digests: readonly string[],
  at: Date,
  runId: string,
): Promise<number> {
  if (digests.length === 0) return 0
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update source_records set missing_since = ?, missing_run = ?
     where source = ? and missing_since is null and substr(md5(external_id), 1, 16) = any(?)`,
    [at, runId, source, [...digests]],
  )
  return rowCount
}

export async function markReturned(
  trx: Transaction,
  source: string,
  digests: readonly string[],
): Promise<number> {
  if (digests.length === 0) return 0
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update source_records set missing_since = null, missing_run = null
     where source = ? and missing_since is not null and substr(md5(external_id), 1, 16) = any(?)`,
    [source, [...digests]],
  )
  return rowCount
}

/** What a report says of the source beside the run: records that are linked to nobody, and records that are missing. */
export async function countOpen(
  trx: Transaction,
  source: string,
): Promise<{ readonly notLinked: number; readonly missing: number }> {
  const { rows } = await trx.raw<{ rows: { notLinked: string; missing: string }[] }>(
    `select (select count(*) from source_records where source = ? and identity_id is null) as "notLinked",
       (select count(*) from source_records where source = ? and missing_since is not null) as missing`,
    [source, source],
  )
  return { notLinked: Number(rows[0]?.notLinked ?? 0), missing: Number(rows[0]?.missing ?? 0) }
}

/** Drivers give Date objects; the domain speaks RFC 3339. */
function withIsoTimes(record: StoredRecord): StoredRecord {
  return { ...record, inactiveFrom: isoTime(record.inactiveFrom), missingSince: isoTime(record.missingSince) }
}

function isoTime(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null
}
