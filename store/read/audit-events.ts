import type { Knex } from 'knex'
import type { Actor } from '../../domain/actor.ts'
import type { AuditEventView } from '../../domain/audit-view.ts'
import type { Database } from '../database.ts'
import { maskRows } from './mask-view.ts'
import { readInBatches } from './read-in-batches.ts'
import { formatTimestamp } from './timestamp.ts'

export interface AuditQuery {
  readonly identity: string | null
  /** RFC 3339: only events at this time or later. */
  readonly since: string | null
}

export interface AuditList extends AuditQuery {
  /** The most that are read; 0 for all. */
  readonly limit: number
  /** Only events behind the one of this id, in the order asked for. */
  readonly after?: string | null
  readonly order: 'newest-first' | 'oldest-first'
}

/** Reads audit events in batches. Addresses in what they keep of former rows are masked. */
export async function* readAuditEvents(
  database: Database,
  list: AuditList,
): AsyncGenerator<readonly AuditEventView[], void, void> {
  const newestFirst = list.order === 'newest-first'
  const batches = readInBatches(
    list.limit,
    (after, size) => {
      const page = selectEvents(database, list)
        .orderBy('id', newestFirst ? 'desc' : 'asc')
        .limit(size)
      if (after !== null) page.where('id', newestFirst ? '<' : '>', after)
      return fetchEvents(page)
    },
    (row) => row.id,
    list.after,
  )
  for await (const rows of batches) yield rows.map(viewEvent)
}

/**
 * Events that were committed since the last call, oldest first. An id is made before its transaction commits, so a
 * slow transaction's event appears behind younger ones: every call looks back over a window and skips what it gave
 * before. An event that takes longer than the window to commit is not followed; it is in the list.
 */
export function followAuditEvents(
  database: Database,
  query: AuditQuery,
): () => Promise<readonly AuditEventView[]> {
  let given: ReadonlySet<string> | null = null
  return async () => {
    const page = selectEvents(database, query).whereRaw('id >= ?', [await lookBack(database)])
    const rows = await fetchEvents(page.orderBy('id'))
    const former = given
    given = new Set(rows.map((row) => row.id))
    return former === null ? [] : rows.filter((row) => !former.has(row.id)).map(viewEvent)
  }
}

interface EventRow {
  readonly id: string
  readonly at: Date
  readonly action: string
  readonly actor_kind: Actor['kind']
  readonly actor_id: string
  readonly identity_id: string | null
  readonly run_id: string | null
  readonly policy_set: string | null
  readonly effects: readonly unknown[] | null
  readonly reason: string | null
  readonly detail: unknown
}

function selectEvents(database: Database, query: AuditQuery): Knex.QueryBuilder {
  return database('audit_events').modify((builder) => {
    if (query.identity !== null) builder.where('identity_id', query.identity)
    if (query.since !== null) builder.where('at', '>=', query.since)
  })
}

function fetchEvents(events: Knex.QueryBuilder): Promise<readonly EventRow[]> {
  return events.select<EventRow[]>('*')
}

/** Seconds in which a transaction surely commits. */
const window = 120

/** The smallest UUID of version 7 (RFC 9562 section 5.7) that could have been made at the window's start. */
async function lookBack(database: Database): Promise<string> {
  const { rows } = await database.raw<{ rows: { since: string }[] }>(
    'select trunc(extract(epoch from clock_timestamp()) * 1000)::bigint - ? as since',
    [window * 1000],
  )
  const hex = BigInt(rows[0]?.since ?? 0)
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

function viewEvent(row: EventRow): AuditEventView {
  return {
    id: row.id,
    at: formatTimestamp(row.at),
    action: row.action,
    actor: { kind: row.actor_kind, id: row.actor_id },
    identity: row.identity_id,
    run: row.run_id,
    policySet: row.policy_set,
    effects: (row.effects ?? []).map(maskRows),
    reason: row.reason,
    detail: maskRows(row.detail),
  }
}
