import type { Database } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import { type AuditEvent, auditEventsAsJson } from './audit-events.ts'
import type { RecordKey } from './correlation.ts'
import { identitiesAsJson, type StoredIdentity } from './identities.ts'
import type { ScimUserRow } from './scim-users.ts'
import type { StoredRecord } from './source-records.ts'

/** Users who are persons of their own, with all that is written of them. */
export interface FreshUsers {
  readonly source: string
  readonly at: Date
  /** The names of the keys by which this source looks people up. */
  readonly lookups: readonly string[]
  readonly users: readonly ScimUserRow[]
  readonly records: readonly StoredRecord[]
  readonly keys: readonly RecordKey[]
  readonly identities: readonly StoredIdentity[]
  readonly events: readonly AuditEvent[]
}

/**
 * Writes users whom no key finds in one round trip, which outside of a transaction is one of its own. Where keys lead to
 * somebody nothing is written, and the external ids of those records are answered; empty: everything is written. A
 * `userName` that is taken fails on the index `scim_users_user_name`.
 */
export async function insertFreshUsers(
  database: Database,
  { source, at, lookups, users, records, keys, identities, events }: FreshUsers,
): Promise<readonly string[]> {
  const { rows } = await runPrepared<{ rows: [{ known: readonly string[] }] }>(
    database,
    'insert-fresh-users',
    `select insert_fresh_users(?, ?, ?::text[], ?::text[], ?::text[], ?::text[], ?::uuid[], ?, ?, ?, ?, ?) as known`,
    [
      source,
      at,
      [...lookups],
      keys.map(({ name }) => name),
      keys.map(({ key }) => key),
      keys.map(({ externalId }) => externalId),
      keys.map(({ identityId }) => identityId),
      JSON.stringify(users.map(({ addresses, ...user }) => user)),
      JSON.stringify(users.flatMap(({ id, addresses }) => addresses.map((one) => ({ userId: id, ...one })))),
      JSON.stringify(records.map((record) => ({ ...record, hash: record.hash.toString('hex') }))),
      identitiesAsJson(identities),
      auditEventsAsJson(events),
    ],
  )
  return rows[0].known
}
