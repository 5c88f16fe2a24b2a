import type { Knex } from 'knex'
import { validate as isUuid } from 'uuid'
import type {
  DeliveryAttemptView,
  DeliveryChannel,
  DeliveryKind,
  DeliveryStatus,
  DeliveryView,
  MessageTemplate,
} from '../../domain/delivery.ts'
import { MusterError } from '../../domain/error.ts'
import { maskAddress } from '../../domain/masked.ts'
import type { Database } from '../database.ts'
import { readInBatches } from './read-in-batches.ts'
import { formatTimestamp, timestampSql } from './timestamp.ts'

export interface DeliveryQuery {
  readonly identity: string | null
  readonly status: DeliveryStatus | null
}

export interface DeliveryList extends DeliveryQuery {
  /** The most that are read, newest first; 0 for all. */
  readonly limit: number
  /** Only those behind the one of this id. */
  readonly after?: string | null
}

/** How many deliveries a query selects. */
export async function countDeliveries(database: Database, query: DeliveryQuery): Promise<number> {
  const [row] = await selectDeliveries(database, query).count<{ total: string }[]>('* as total')
  return Number(row?.total ?? 0)
}

/** Reads deliveries newest first, in batches, their addresses masked. */
export async function* readDeliveries(
  database: Database,
  list: DeliveryList,
): AsyncGenerator<readonly DeliveryView[], void, void> {
  const batches = readInBatches(
    list.limit,
    (after, size) => fetchPage(database, list, after, size),
    (row) => row.id,
    list.after,
  )
  for await (const rows of batches) yield rows.map(viewDelivery)
}

/** One delivery by its id; `not-found`. */
export async function getDelivery(database: Database, id: string): Promise<DeliveryView> {
  const [row] = isUuid(id)
    ? await withParts(
        database,
        selectDeliveries(database, { identity: null, status: null }).where('d.id', id),
      )
    : []
  if (row === undefined) throw new MusterError('not-found', `There is no delivery ${id}.`)
  return viewDelivery(row)
}

interface DeliveryRow {
  readonly id: string
  readonly kind: DeliveryKind
  readonly identity_id: string
  readonly user_name: string | null
  readonly enrollment_id: string | null
  readonly challenge_id: string | null
  readonly channel: DeliveryChannel
  readonly address: string | null
  readonly template: MessageTemplate
  readonly status: DeliveryStatus
  readonly error_code: string | null
  readonly created_at: Date
  readonly deadline: Date
  readonly ended_at: Date | null
  readonly attempts: readonly DeliveryAttemptView[]
}

function selectDeliveries(database: Database, query: DeliveryQuery): Knex.QueryBuilder {
  return database('deliveries as d').modify((builder) => {
    if (query.identity !== null) builder.where('d.identity_id', query.identity)
    if (query.status !== null) builder.where('d.status', query.status)
  })
}

function fetchPage(
  database: Database,
  query: DeliveryQuery,
  after: string | null,
  size: number,
): Promise<readonly DeliveryRow[]> {
  const page = selectDeliveries(database, query).orderBy('d.id', 'desc').limit(size)
  // Ids are UUIDs of version 7: their order is the order in which they were made.
  if (after !== null) page.where('d.id', '<', after)
  return withParts(database, page)
}

function withParts(database: Database, deliveries: Knex.QueryBuilder): Promise<readonly DeliveryRow[]> {
  return deliveries
    .leftJoin('identities as i', 'i.id', 'd.identity_id')
    .leftJoin('enrollments as e', 'e.id', 'd.enrollment_id')
    .select<DeliveryRow[]>([
      ...['d.id', 'd.kind', 'd.identity_id', 'i.user_name', 'd.enrollment_id', 'd.challenge_id', 'd.channel'],
      ...['d.template', 'd.status', 'd.error_code', 'd.created_at', 'd.deadline', 'd.ended_at'],
      database.raw('coalesce(d.address, e.address) as address'),
      database.raw(attemptsColumn),
    ])
}

/** The attempts as they are shown, in their order; times in RFC 3339 and UTC. */
const attemptsColumn = `coalesce((select jsonb_agg(jsonb_build_object('number', a.number, 'connector', a.connector,
    'at', ${timestampSql('a.at')}, 'endedAt', ${timestampSql('a.ended_at')},
    'outcome', a.outcome, 'error', a.error_code) order by a.number)
  from delivery_attempts a where a.delivery_id = d.id), '[]'::jsonb) as attempts`

function viewDelivery(row: DeliveryRow): DeliveryView {
  const factor = row.channel === 'sms' ? 'otp-sms' : 'otp-email'
  return {
    id: row.id,
    kind: row.kind,
    identity: { id: row.identity_id, userName: row.user_name },
    enrollment: row.enrollment_id,
    challenge: row.challenge_id,
    channel: row.channel,
    address: row.address === null ? null : maskAddress(factor, row.address),
    template: row.template,
    status: row.status,
    error: row.error_code,
    createdAt: formatTimestamp(row.created_at),
    deadline: formatTimestamp(row.deadline),
    endedAt: formatTimestamp(row.ended_at),
    attempts: row.attempts,
  }
}
