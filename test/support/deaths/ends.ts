import type { Pool } from 'pg'

/** How everything stands, a line for each row; people by the names that they were given, so that an oracle can say it. */
export interface Ends {
  readonly records: readonly string[]
  readonly identities: readonly string[]
  readonly rights: readonly string[]
  readonly enrollments: readonly string[]
  readonly resources: readonly string[]
  readonly members: readonly string[]
  /** Effects by person, kind and factor, with how often each was applied. */
  readonly effects: readonly string[]
  /** Other audit events on people, with how often each was written. */
  readonly events: readonly string[]
  /** Notices to people, sent or waiting. */
  readonly notices: readonly string[]
}

/** By `hr` where it knows them, else by the agency's record, whose name the caller knows. */
const who = `coalesce(
  (select 'person' || r.external_id from source_records r where r.identity_id = x.identity_id and r.source = 'hr'),
  (select r.external_id from source_records r where r.identity_id = x.identity_id and r.source = 'agency'))`

const queries: Readonly<Record<keyof Ends, string>> = {
  records: `select concat_ws(' ', ${who}, source, link, link_fault, case when missing_since is null then null else 'missing' end,
      case when deleted_at is null then null else 'deleted' end) from source_records x`,
  identities: `select concat_ws(' ', ${who}, case when active then 'active' else 'inactive' end)
    from (select id as identity_id, active from identities) x`,
  rights: `select concat_ws(' ', ${who}, factor, case when effective then 'effective' else 'not effective' end) from rights x`,
  enrollments: `select concat_ws(' ', ${who}, factor, address, status) from enrollments x`,
  resources: `select concat_ws(' ', document ->> 'userName', case when active then 'active' else 'inactive' end) from scim_users`,
  members: `select document ->> 'userName' from scim_members m join scim_users u on u.id = m.user_id`,
  effects: `select concat_ws(' ', ${who}, op, factor, 'x' || count(*)) from (
      select identity_id, effect ->> 'op' as op, effect ->> 'factor' as factor
      from audit_events, json_array_elements(effects) effect where action = 'plan-applied') x
    group by identity_id, op, factor`,
  events: `select concat_ws(' ', ${who}, action, 'x' || count(*)) from audit_events x
    where identity_id is not null and action <> 'plan-applied' group by identity_id, action`,
  notices: `select concat_ws(' ', ${who}, template, 'x' || count(*)) from deliveries x
    where kind = 'notice' group by identity_id, template`,
}

/** Reads all tables; `names` are those of the agency's records. */
export async function readEnds(database: Pool, names: ReadonlyMap<string, string>): Promise<Ends> {
  const entries = await Promise.all(
    Object.entries(queries).map(async ([part, sql]) => {
      const { rows } = await database.query<{ line: string }>(`select line from (${sql}) q(line)`)
      return [part, rows.map(({ line }) => rename(line, names)).sort()] as const
    }),
  )
  return Object.fromEntries(entries) as unknown as Ends
}

function rename(line: string, names: ReadonlyMap<string, string>): string {
  const [first = '', ...rest] = line.split(' ')
  return [names.get(first) ?? first, ...rest].join(' ')
}
