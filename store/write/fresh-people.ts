import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import type { RecordKey } from './correlation.ts'
import { type DueReason, identitiesAsJson, type StoredIdentity } from './identities.ts'
import type { StoredRecord } from './source-records.ts'

/**
 * A few records that are new, their keys, and the identities that they make, in one statement that is planned once: a person who
 * is pushed waits for one round trip instead of four, and for no COPY.
 */
export async function insertFresh(
  trx: Transaction,
  fresh: {
    readonly records: readonly StoredRecord[]
    readonly keys: readonly RecordKey[]
    readonly identities: readonly StoredIdentity[]
  },
  due: { readonly at: Date; readonly reason: DueReason; readonly runId: string | null },
): Promise<void> {
  const { records, keys, identities } = fresh
  if (records.length === 0 && identities.length === 0) return
  await runPrepared(
    trx,
    'insert-fresh',
    `with due as materialized (select cast(:at as timestamptz) as at, cast(:reason as text) as reason, cast(:runId as uuid) as run),
     records as (
       insert into source_records (source, external_id, id, identity_id, hash, fingerprint, active, inactive_from, country, groups,
         attributes, link, link_fault, created_at, changed_at, changed_run)
       select source, "externalId", r.id, "identityId", decode(hash, 'hex'), decode(fingerprint, 'hex'), active,
         "inactiveFrom", country,
         nullif(groups, 'null'::jsonb), attributes, link, "linkFault", due.at, due.at, due.run
       from due, jsonb_to_recordset(cast(:records as jsonb)) as r(source text, "externalId" text, id uuid, "identityId" uuid,
         hash text, fingerprint text, active boolean, "inactiveFrom" timestamptz, country text, groups jsonb, attributes jsonb, link text,
         "linkFault" text)),
     keys as (
       insert into correlation_keys (name, key, source, external_id, identity_id)
       select name, key, source, "externalId", "identityId"
       from jsonb_to_recordset(cast(:keys as jsonb)) as k(name text, key text, source text, "externalId" text,
         "identityId" uuid)),
     people as materialized (
       select * from jsonb_to_recordset(cast(:identities as jsonb)) as p(id uuid, "userName" text, "userNameKey" text,
         active boolean, attributes jsonb, addresses jsonb, sources jsonb, "inactiveFrom" timestamptz)),
     states as (
       insert into identity_states (identity_id, revision, due_at, due_reason, due_run)
       select id, 1, due.at, due.reason, due.run from people, due)
     insert into identities (id, user_name, user_name_key, active, attributes, addresses, sources, inactive_from,
       created_at, changed_at)
     select id, "userName", "userNameKey", active, attributes, addresses,
       array(select jsonb_array_elements_text(sources)), "inactiveFrom", due.at, due.at
     from people, due`,
    {
      ...due,
      records: JSON.stringify(
        records.map((record) => ({
          ...record,
          hash: record.hash.toString('hex'),
          fingerprint: record.fingerprint?.toString('hex') ?? null,
        })),
      ),
      keys: JSON.stringify(keys),
      identities: identitiesAsJson(identities),
    },
  )
}
