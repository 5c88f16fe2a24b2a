import type { Database } from '../database.ts'

/** What a connection did since the last time: counted by each server, written together. */
export interface NotedRequests {
  /** Of the newest request. */
  readonly at: Date
  readonly requests: number
  /** How many were refused, by kind: the scimType, else the status. */
  readonly refused: Readonly<Record<string, number>>
}

/** One refused request. Nothing in it names a person: the path without its query, addresses masked. */
export interface Refusal {
  /** A UUID of version 7: the order of refusals. */
  readonly id: string
  readonly at: Date
  readonly method: string
  readonly path: string
  readonly status: number
  readonly kind: string
  readonly detail: string
}

/** Adds to a connection's counters; several servers may do so at once. */
export async function noteRequests(database: Database, source: string, noted: NotedRequests): Promise<void> {
  await database.raw(
    `insert into scim_connections as c (source, last_request_at, requests, refused) values (?, ?, ?, ?::jsonb)
     on conflict (source) do update set
       last_request_at = greatest(c.last_request_at, excluded.last_request_at),
       requests = c.requests + excluded.requests,
       refused = (select coalesce(jsonb_object_agg(kind, n), '{}')
         from (select kind, sum(n::bigint) as n
               from (select * from jsonb_each_text(c.refused) union all select * from jsonb_each_text(excluded.refused))
                 both_sides(kind, n) group by kind) summed)`,
    [source, noted.at, noted.requests, JSON.stringify(noted.refused)],
  )
}

/** Refused requests that are kept of each connection. */
const keptRefusals = 100

/** Writes refused requests down and forgets all but the newest hundred of the connection. */
export async function insertRefusals(
  database: Database,
  source: string,
  refusals: readonly Refusal[],
): Promise<void> {
  const newest = refusals.slice(-keptRefusals)
  if (newest.length === 0) return
  await database.raw(
    `insert into scim_refusals (id, source, at, method, path, status, kind, detail)
     select r.id, ?, r.at, r.method, r.path, r.status, r.kind, r.detail
     from jsonb_to_recordset(?::jsonb) as r(id uuid, at timestamptz, method text, path text, status smallint, kind text,
       detail text)`,
    [source, JSON.stringify(newest)],
  )
  await database.raw(
    `delete from scim_refusals where source = ? and id < (select id from scim_refusals where source = ?
       order by id desc offset ? limit 1)`,
    [source, source, keptRefusals - 1],
  )
}
