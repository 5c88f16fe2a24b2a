import type { Knex } from 'knex'
import { validate as isUuid } from 'uuid'
import type { EnrollmentOrigin, EnrollmentStatus, LastUse, Proof } from '../../domain/enrollment.ts'
import { MusterError } from '../../domain/error.ts'
import type { Factor } from '../../domain/factor.ts'
import type { EnrollmentView, ListedEnrollment } from '../../domain/identity-view.ts'
import { maskAddress } from '../../domain/masked.ts'
import type { Database } from '../database.ts'
import { readInBatches } from './read-in-batches.ts'
import { type Reveal, recordLook } from './record-look.ts'
import { formatTimestamp } from './timestamp.ts'

/** An enrollment's row, as far as it is shown; its times are texts where PostgreSQL wrote it as JSON. */
export interface EnrollmentRow<Time extends Date | string = Date | string> {
  readonly id: string
  readonly identity_id: string
  readonly factor: Factor
  readonly address: string
  readonly origins: readonly EnrollmentOrigin[]
  readonly proof: Proof
  readonly enrolled_at: Time
  readonly address_changed_at: Time | null
  readonly last_used: LastUse | null
  readonly status: EnrollmentStatus
  readonly status_reason: string | null
  readonly status_by: string | null
  readonly status_since: Time
}

export interface EnrollmentQuery {
  readonly identity: string | null
  readonly status: EnrollmentStatus | null
}

export interface EnrollmentList extends EnrollmentQuery {
  /** The most that are read, newest first; 0 for all. */
  readonly limit: number
  /** Only those behind the one of this id. */
  readonly after?: string | null
  readonly reveal: Reveal | null
}

/** What `viewEnrollment` needs. */
const enrollmentColumns = [
  'e.id',
  'e.identity_id',
  'e.factor',
  'e.address',
  'e.origins',
  'e.proof',
  'e.enrolled_at',
  'e.address_changed_at',
  'e.last_used',
  'e.status',
  'e.status_reason',
  'e.status_by',
  'e.status_since',
]

/** How many enrollments a query selects. */
export async function countEnrollments(database: Database, query: EnrollmentQuery): Promise<number> {
  const [row] = await selectEnrollments(database, query).count<{ total: string }[]>('* as total')
  return Number(row?.total ?? 0)
}

/** Reads enrollments newest first, in batches, each with whose it is. */
export async function* readEnrollments(
  database: Database,
  list: EnrollmentList,
): AsyncGenerator<readonly ListedEnrollment[], void, void> {
  const batches = readInBatches(
    list.limit,
    (after, size) => fetchListed(database, list, after, size),
    (row) => row.id,
    list.after,
  )
  for await (const rows of batches) {
    if (list.reveal !== null) {
      await recordLook(database, list.reveal, [...new Set(rows.map((row) => row.identity_id))])
    }
    yield rows.map((row) => viewListed(row, list.reveal !== null))
  }
}

/** One enrollment by its id; `not-found` where there is none, or only its tombstone. */
export async function getEnrollment(
  database: Database,
  id: string,
  reveal: Reveal | null,
): Promise<ListedEnrollment> {
  const [row] = isUuid(id)
    ? await withOwner(selectEnrollments(database, { identity: null, status: null }).where('e.id', id))
    : []
  if (row === undefined) throw new MusterError('not-found', `There is no enrollment ${id}.`)
  if (reveal !== null) await recordLook(database, reveal, [row.identity_id])
  return viewListed(row, reveal !== null)
}

/** An enrollment's row as it is shown. */
export function viewEnrollment(row: EnrollmentRow, revealed: boolean): EnrollmentView {
  return {
    id: row.id,
    factor: row.factor,
    address: revealed ? row.address : maskAddress(row.factor, row.address),
    usable: row.status === 'active',
    status: row.status,
    statusReason: row.status_reason,
    statusBy: row.status_by,
    statusSince: formatTimestamp(row.status_since),
    origins: row.origins.map(({ kind, policy, source, attribute, since }) => ({
      kind,
      policy,
      source,
      attribute,
      since,
    })),
    proof: row.proof,
    enrolledAt: formatTimestamp(row.enrolled_at),
    addressChangedAt: formatTimestamp(row.address_changed_at),
    lastUsed: row.last_used,
  }
}

interface ListedRow extends EnrollmentRow<Date> {
  readonly user_name: string | null
}

/** Removed addresses (tombstones) have no status and are shown nowhere. */
function selectEnrollments(database: Database, query: EnrollmentQuery): Knex.QueryBuilder {
  return database('enrollments as e')
    .whereNotNull('e.status')
    .modify((builder) => {
      if (query.identity !== null) builder.where('e.identity_id', query.identity)
      if (query.status !== null) builder.where('e.status', query.status)
    })
}

async function fetchListed(
  database: Database,
  query: EnrollmentQuery,
  after: string | null,
  size: number,
): Promise<readonly ListedRow[]> {
  const page = selectEnrollments(database, query).orderBy('e.id', 'desc').limit(size)
  // Ids are UUIDs of version 7: their order is the order in which they were made.
  if (after !== null) page.where('e.id', '<', after)
  return withOwner(page)
}

function withOwner(enrollments: Knex.QueryBuilder): Promise<readonly ListedRow[]> {
  return enrollments
    .join('identities as i', 'i.id', 'e.identity_id')
    .select<ListedRow[]>([...enrollmentColumns, 'i.user_name'])
}

function viewListed(row: ListedRow, revealed: boolean): ListedEnrollment {
  return { ...viewEnrollment(row, revealed), identity: { id: row.identity_id, userName: row.user_name } }
}
