import type { Database } from '../../store/database.ts'

/**
 * Everything that stands for everybody, by names that do not depend on ids that were made up on the way, so that two
 * databases can be compared: people go by their smallest record. Not compared is an identity's revision: how often it
 * was written to is how the work was cut.
 */
export async function readStanding(database: Database) {
  const of = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    (await database.raw<{ rows: unknown[] }>(sql)).rows.map(replaceIds).sort(byText)
  const who = `(select min(r.source || ':' || r.external_id) from source_records r where r.identity_id = x.identity_id) as who`
  return {
    records: await of(
      'select source, external_id, hash, link, link_fault, missing_since from source_records',
    ),
    links: await of(
      `select string_agg(source || ':' || external_id, ' ' order by source, external_id) as records
       from source_records group by identity_id`,
    ),
    keys: await of('select name, key, source, external_id from correlation_keys'),
    identities: await of(
      `select ${who}, i.* from identities i join (select id as identity_id from identities) x on x.identity_id = i.id`,
    ),
    states: await of(
      `select ${who}, due_at, due_reason, due_run, review_at, decided_at, decided_set, unusable from identity_states x`,
    ),
    rights: await of(`select ${who}, factor, effective, clients, origins, denials from rights x`),
    enrollments: await of(
      `select ${who}, to_jsonb(x) - 'id' - 'identity_id' as enrollment from enrollments x`,
    ),
    audit: await of(
      `select ${who}, action, actor_kind, actor_id, policy_set, effects, reason, detail from audit_events x
       where action = 'plan-applied'`,
    ),
    parked: await of(`select ${who}, policy_set, effects from parked_effects x`),
    deliveries: await of('select channel, template from deliveries'),
  }
}

/** What a run counted, but for the time that it took. */
export async function readCounters(database: Database, runId: string) {
  const [run] = await database('runs').where({ id: runId })
  const { status, records, identities, effects, unusable, brakes } = run
  return { status, records, identities, effects, unusable, brakes }
}

/** Ids that Muster makes are of version 7; those of a source are not. */
const madeUp = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g

function replaceIds(found: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(found).replace(madeUp, 'ID'))
}

function byText(left: unknown, right: unknown): number {
  const [a, b] = [JSON.stringify(left), JSON.stringify(right)]
  return a < b ? -1 : Number(a > b)
}
