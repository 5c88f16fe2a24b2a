import type { Attributes } from '../../domain/attributes.ts'
import { copyRows } from '../copy-rows.ts'
import { type CopyTable, readRow } from '../copy-text.ts'
import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

export type RecordLink = 'created' | 'key' | 'manual' | 'none'

/** A source record as it is stored. */
export interface StoredRecord {
  readonly source: string
  readonly externalId: string
  readonly id: string
  /** Null: linked to nobody (`linkFault` says why). */
  readonly identityId: string | null
  /** The first 16 bytes of SHA-256 over the canonical row and the mapping. */
  readonly hash: Buffer
  /** What the source sent of it: `SourceRow.fingerprint`, mixed with the mapping. Null: not told. */
  readonly fingerprint: Buffer | null
  readonly active: boolean
  readonly inactiveFrom: string | null
  readonly country: string | null
  readonly groups: readonly string[] | null
  readonly attributes: Attributes
  readonly link: RecordLink
  readonly linkFault: string | null
  readonly missingSince: string | null
  /** When the source itself said that the person is gone: the record no longer counts as live. */
  readonly deletedAt: string | null
}

const recordColumns = `source, external_id as "externalId", id, identity_id as "identityId", hash, fingerprint, active,
  inactive_from as "inactiveFrom", country, groups, attributes, link, link_fault as "linkFault",
  missing_since as "missingSince", deleted_at as "deletedAt"`
/** The columns of a record of the table `r`, for a statement that locks it together with another row. */
export const recordColumnsOfR = recordColumns
  .split(',')
  .map((column) => `r.${column.trim()}`)
  .join(', ')

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
  const [id, ...others] = identityIds
  const read =
    id !== undefined && others.length === 0
      ? runPrepared<{ rows: StoredRecord[] }>(
          trx,
          'records-of-identity',
          `select ${recordColumns} from source_records where identity_id = ? order by source, external_id`,
          [id],
        )
      : trx.raw<{ rows: StoredRecord[] }>(
          // Identity by identity through the index, also before a filled table has statistics.
          `select ${recordColumnsOfR} from unnest(?::uuid[]) asked(id)
           cross join lateral (select * from source_records s where s.identity_id = asked.id offset 0) r
           order by r.source, r.external_id`,
          [[...identityIds]],
        )
  const { rows } = await read
  return rows.map(withIsoTimes)
}

export async function insertRecords(
  trx: Transaction,
  records: readonly StoredRecord[],
  at: Date,
  runId: string | null,
): Promise<void> {
  await copyRows(trx, recordRows({ at, runId }), records)
}

/** Records that a run makes at this time. */
export function recordRows(made: {
  readonly at: Date
  readonly runId: string | null
}): CopyTable<StoredRecord> {
  const at = made.at.toISOString()
  return {
    table: 'source_records',
    columns: [
      'source',
      'external_id',
      'id',
      'identity_id',
      'hash',
      'fingerprint',
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
    texts: {
      id: 'ours',
      identity_id: 'ours',
      link: 'ours',
      created_at: 'ours',
      changed_at: 'ours',
      changed_run: 'ours',
    },
    valuesOf: (record) => [
      record.source,
      record.externalId,
      record.id,
      record.identityId,
      record.hash,
      record.fingerprint,
      record.active,
      record.inactiveFrom,
      record.country,
      record.groups,
      record.attributes,
      record.link,
      record.linkFault,
      at,
      at,
      made.runId,
    ],
  }
}

/** What of a new record was its source's word: read back from the row that `recordRows` made of it. */
export function readRecordRow(
  text: string,
): Pick<
  StoredRecord,
  'externalId' | 'hash' | 'fingerprint' | 'active' | 'inactiveFrom' | 'country' | 'groups' | 'attributes'
> {
  const [, externalId, , , hash, fingerprint, active, inactiveFrom, country, groups, attributes] =
    readRow(text)
  return {
    externalId: externalId ?? '',
    hash: readBytes(hash ?? ''),
    fingerprint: fingerprint == null ? null : readBytes(fingerprint),
    active: active === 't',
    inactiveFrom: inactiveFrom ?? null,
    country: country ?? null,
    groups: groups == null ? null : JSON.parse(groups),
    attributes: JSON.parse(attributes ?? '{}'),
  }
}

/** As `bytea` is written: `\\x` and hexadecimal digits. */
function readBytes(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex')
}

export async function updateRecords(
  trx: Transaction,
  records: readonly StoredRecord[],
  at: Date,
  runId: string | null,
): Promise<void> {
  if (records.length === 0) return
  const [record, ...others] = records
  if (record !== undefined && others.length === 0) return updateRecord(trx, record, at, runId)
  const rows = records.map((record) => ({
    ...record,
    hash: record.hash.toString('hex'),
    fingerprint: record.fingerprint?.toString('hex') ?? null,
  }))
  await trx.raw(
    `update source_records r set identity_id = u."identityId", hash = decode(u.hash, 'hex'),
       fingerprint = decode(u.fingerprint, 'hex'), active = u.active,
       inactive_from = u."inactiveFrom", country = u.country, groups = nullif(u.groups, 'null'::jsonb), attributes = u.attributes,
       link = u.link, link_fault = u."linkFault", changed_at = ?, changed_run = ?, missing_since = null, missing_run = null
     from jsonb_to_recordset(?::jsonb) as u(source text, "externalId" text, "identityId" uuid, hash text, fingerprint text, active boolean,
       "inactiveFrom" timestamptz, country text, groups jsonb, attributes jsonb, link text, "linkFault" text)
     where r.source = u.source and r.external_id = u."externalId"`,
    [at, runId, JSON.stringify(rows)],
  )
}

async function updateRecord(
  trx: Transaction,
  record: StoredRecord,
  at: Date,
  runId: string | null,
): Promise<void> {
  await runPrepared(
    trx,
    'update-record',
    `update source_records set identity_id = ?, hash = ?, fingerprint = ?, active = ?, inactive_from = ?, country = ?, groups = ?,
       attributes = ?, link = ?, link_fault = ?, changed_at = ?, changed_run = ?, missing_since = null, missing_run = null
     where source = ? and external_id = ?`,
    [
      record.identityId,
      record.hash,
      record.fingerprint,
      record.active,
      record.inactiveFrom,
      record.country,
      record.groups === null ? null : JSON.stringify(record.groups),
      JSON.stringify(record.attributes),
      record.link,
      record.linkFault,
      at,
      runId,
      record.source,
      record.externalId,
    ],
  )
}

/** Takes a record off its identity, so that it is correlated anew. */
export async function unlinkRecord(trx: Transaction, source: string, externalId: string): Promise<void> {
  await trx.raw(
    "update source_records set identity_id = null, link = 'none' where source = ? and external_id = ?",
    [source, externalId],
  )
}

/** Leaves what keeps a deleted person off: who it was and when, and nothing of what the source said of them. */
export async function buryRecord(
  trx: Transaction,
  source: string,
  externalId: string,
  at: Date,
): Promise<void> {
  await trx.raw(
    `update source_records set deleted_at = ?, changed_at = ?, active = false, inactive_from = null,
       groups = null, attributes = '{}' where source = ? and external_id = ?`,
    [at, at, source, externalId],
  )
}

export async function deleteRecord(trx: Transaction, source: string, externalId: string): Promise<void> {
  await trx.raw('delete from source_records where source = ? and external_id = ?', [source, externalId])
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
    `select (select count(*) from source_records where source = ? and identity_id is null and deleted_at is null) as "notLinked",
       (select count(*) from source_records where source = ? and missing_since is not null) as missing`,
    [source, source],
  )
  return { notLinked: Number(rows[0]?.notLinked ?? 0), missing: Number(rows[0]?.missing ?? 0) }
}

/** Drivers give Date objects; the domain speaks RFC 3339. */
export function withIsoTimes<Record extends StoredRecord>(record: Record): Record {
  return {
    ...record,
    inactiveFrom: isoTime(record.inactiveFrom),
    missingSince: isoTime(record.missingSince),
    deletedAt: isoTime(record.deletedAt),
  }
}

function isoTime(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null
}
