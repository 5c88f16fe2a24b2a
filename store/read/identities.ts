import type { Knex } from 'knex'
import type { UnusableValue } from '../../domain/address.ts'
import type { Attributes } from '../../domain/attributes.ts'
import { MusterError } from '../../domain/error.ts'
import type { Filter } from '../../domain/filter.ts'
import type { EnrollmentView, IdentityView, RecordView, UnusableView } from '../../domain/identity-view.ts'
import { maskAddress } from '../../domain/masked.ts'
import type { Right } from '../../domain/right.ts'
import type { Database } from '../database.ts'
import { type EnrollmentRow, enrollmentColumns, viewEnrollment } from './enrollments.ts'
import { compileIdentityFilter } from './identity-filter-sql.ts'
import { maskAttributes } from './mask-view.ts'
import { readInBatches } from './read-in-batches.ts'
import { type Reveal, recordLook } from './record-look.ts'
import { readWithTimeout } from './statement-timeout.ts'
import { formatTimestamp } from './timestamp.ts'

export interface IdentityList {
  readonly filter: Filter | null
  /** The most that are read, newest first; 0 for all. */
  readonly limit: number
  readonly reveal: Reveal | null
}

/** How many identities a filter selects; `filter-too-slow` when that takes too long to find out. */
export async function countIdentities(database: Database, filter: Filter | null): Promise<number> {
  return readWithTimeout(database, async (trx) => {
    const [row] = await selectIdentities(trx, filter).count<{ total: string }[]>('* as total')
    return Number(row?.total ?? 0)
  })
}

/** Reads identities newest first, in batches; `filter-too-slow` when a batch takes too long to find. */
export async function* readIdentities(
  database: Database,
  list: IdentityList,
): AsyncGenerator<readonly IdentityView[], void, void> {
  const batches = readInBatches(
    list.limit,
    (after, size) => fetchIdentities(database, list.filter, after, size),
    (row) => row.id,
  )
  for await (const rows of batches) yield await completeViews(database, rows, list.reveal)
}

/** One identity by its id; `not-found` where there is none. */
export async function getIdentity(
  database: Database,
  id: string,
  reveal: Reveal | null,
): Promise<IdentityView> {
  const rows = await withState(database('identities as i').where('i.id', id))
  const [view] = await completeViews(database, rows, reveal)
  if (view === undefined) throw new MusterError('not-found', `There is no identity ${id}.`)
  return view
}

interface IdentityRow {
  readonly id: string
  readonly user_name: string | null
  readonly active: boolean
  readonly attributes: Attributes
  readonly review_at: Date | null
  readonly unusable: readonly UnusableValue[] | null
}

interface RecordRow {
  readonly identity_id: string
  readonly source: string
  readonly external_id: string
  readonly seen_at: Date | null
  readonly missing_since: Date | null
}

type RightRow = Right & { readonly identity_id: string }

function selectIdentities(database: Database, filter: Filter | null): Knex.QueryBuilder {
  return database('identities as i').modify((builder) => {
    if (filter === null) return
    const { text, bindings } = compileIdentityFilter(filter)
    builder.whereRaw(
      text,
      bindings.map((binding) => (typeof binding === 'string' ? binding : [...binding])),
    )
  })
}

async function fetchIdentities(
  database: Database,
  filter: Filter | null,
  after: string | null,
  size: number,
): Promise<readonly IdentityRow[]> {
  return readWithTimeout(database, (trx) => {
    const page = selectIdentities(trx, filter).orderBy('i.id', 'desc').limit(size)
    // Ids are UUIDs of version 7: their order is the order in which they were made.
    if (after !== null) page.where('i.id', '<', after)
    return withState(page)
  })
}

function withState(identities: Knex.QueryBuilder): Promise<readonly IdentityRow[]> {
  return identities
    .leftJoin('identity_states as s', 's.identity_id', 'i.id')
    .select<IdentityRow[]>(['i.id', 'i.user_name', 'i.active', 'i.attributes', 's.review_at', 's.unusable'])
}

/** Brings what hangs on these identities in three statements, however many they are. */
async function completeViews(
  database: Database,
  rows: readonly IdentityRow[],
  reveal: Reveal | null,
): Promise<readonly IdentityView[]> {
  const ids = rows.map((row) => row.id)
  if (reveal !== null) await recordLook(database, reveal, ids)
  const revealed = reveal !== null
  const [records, rights, enrollments] = await Promise.all([
    fetchRecords(database, ids),
    fetchRights(database, ids),
    fetchEnrollments(database, ids),
  ])
  return rows.map((row) => ({
    id: row.id,
    userName: row.user_name,
    active: row.active,
    attributes: revealed ? row.attributes : maskAttributes(row.attributes),
    records: (records.get(row.id) ?? []).map(viewRecord),
    rights: (rights.get(row.id) ?? []).map(viewRight),
    enrollments: (enrollments.get(row.id) ?? []).map(
      (enrollment): EnrollmentView => viewEnrollment(enrollment, revealed),
    ),
    unusable: (row.unusable ?? []).map((value) => viewUnusable(value, revealed)),
    reviewAt: formatTimestamp(row.review_at),
  }))
}

async function fetchRecords(database: Database, ids: readonly string[]): Promise<Grouped<RecordRow>> {
  const { rows } = await database.raw<{ rows: RecordRow[] }>(
    `select r.identity_id, r.source, r.external_id, r.missing_since,
       case when r.missing_since is null then greatest(r.changed_at, s.last_proved_at) end as seen_at
     from source_records r left join sources s on s.name = r.source
     where r.identity_id = any(?) order by r.source, r.external_id`,
    [[...ids]],
  )
  return groupByIdentity(rows)
}

async function fetchRights(database: Database, ids: readonly string[]): Promise<Grouped<RightRow>> {
  const { rows } = await database.raw<{ rows: RightRow[] }>(
    `select identity_id, factor, effective, clients, origins, denials
     from rights where identity_id = any(?) order by factor`,
    [[...ids]],
  )
  return groupByIdentity(rows)
}

async function fetchEnrollments(database: Database, ids: readonly string[]): Promise<Grouped<EnrollmentRow>> {
  const rows = await database('enrollments as e')
    .whereRaw('e.identity_id = any(?)', [[...ids]])
    .whereNotNull('e.status')
    .orderBy('e.id')
    .select<EnrollmentRow[]>(enrollmentColumns)
  return groupByIdentity(rows)
}

type Grouped<Row> = ReadonlyMap<string, readonly Row[]>

function groupByIdentity<Row extends { readonly identity_id: string }>(rows: readonly Row[]): Grouped<Row> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.identity_id)
    if (group === undefined) groups.set(row.identity_id, [row])
    else group.push(row)
  }
  return groups
}

function viewRecord(row: RecordRow): RecordView {
  return {
    source: row.source,
    externalId: row.external_id,
    seenAt: formatTimestamp(row.seen_at),
    missingSince: formatTimestamp(row.missing_since),
  }
}

function viewRight({ factor, effective, clients, origins, denials }: RightRow): Right {
  return { factor, effective, clients, origins, denials }
}

function viewUnusable(value: UnusableValue, revealed: boolean): UnusableView {
  return {
    factor: value.factor,
    attribute: value.attribute,
    source: value.source,
    value: revealed ? value.value : maskAddress(value.factor, value.value),
    reason: value.reason,
  }
}
