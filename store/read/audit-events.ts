import type { Knex } from 'knex'
import type { Actor } from '../../domain/actor.ts'
import type { AuditEventView } from '../../domain/audit-view.ts'
import { readEffects } from '../audited-effects.ts'
import type { Database } from '../database.ts'
import { openAuditHorizon } from './audit-horizon.ts'
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
 * Events that were committed since the last call, in the order of their numbers; the first call answers none. Whatever
 * commits late is given when it does: every call looks at all that is not surely complete, and skips what it gave.
 */
export function followAuditEvents(
  database: Database,
  query: AuditQuery,
): () => Promise<readonly AuditEventView[]> {
  const look = openAuditHorizon(database)
  /** Up to here everything was given; behind it these were. */
  let [complete, given]: [number | null, ReadonlySet<number>] = [null, new Set()]
  return async () => {
    const isFirst = complete === null
    // Before the events are read: what it names is there for whoever reads later.
    const settled = await look()
    complete ??= await readLastSealed(database)
    const numbers = await readNumbers(database, query, complete)
    const former = given
    complete = Math.max(complete, settled ?? 0)
    given = new Set(numbers.filter((number) => number > (settled ?? 0)))
    if (isFirst) return []
    const fresh = numbers.filter((number) => !former.has(number))
    return (await fetchNumbered(database, fresh)).map(viewEvent)
  }
}

/** What was sealed is complete. */
async function readLastSealed(database: Database): Promise<number> {
  const { rows } = await database.raw<{ rows: [{ last: number }] }>(
    'select coalesce(max(last_event), 0)::float8 as last from audit_seals',
  )
  return rows[0].last
}

async function readNumbers(
  database: Database,
  query: AuditQuery,
  behind: number,
): Promise<readonly number[]> {
  const rows = await selectEvents(database, query)
    .where('number', '>', behind)
    .orderBy('number')
    .select<{ number: string }[]>('number')
  return rows.map(({ number }) => Number(number))
}

/** In pieces, for a load may have written a hundred thousand since. */
async function fetchNumbered(database: Database, numbers: readonly number[]): Promise<readonly EventRow[]> {
  const size = 5000
  const rows: EventRow[] = []
  for (let at = 0; at < numbers.length; at += size) {
    const page = database('audit_events').whereRaw('number = any(?)', [numbers.slice(at, at + size)])
    rows.push(...(await fetchEvents(page.orderBy('number'))))
  }
  return rows
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
  readonly effects: readonly Readonly<Record<string, unknown>>[] | null
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

function viewEvent(row: EventRow): AuditEventView {
  return {
    id: row.id,
    at: formatTimestamp(row.at),
    action: row.action,
    actor: { kind: row.actor_kind, id: row.actor_id },
    identity: row.identity_id,
    run: row.run_id,
    policySet: row.policy_set,
    effects: readEffects(row.effects ?? [], row.at.toISOString()).map(maskRows),
    reason: row.reason,
    detail: maskRows(row.detail),
  }
}
