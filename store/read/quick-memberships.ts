import type { Database } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import { type ResourceTable, userTable } from './resource-places.ts'
import { membershipsOf, type ResourceRow } from './resource-row.ts'
import { type Sql, sql } from './sql-fragment.ts'

/**
 * The memberships of `r` for statements that look resources up by key: two columns. Of a user only the groups that it is
 * in itself, and whether any of those stands in another one: to begin a recursion costs as much as all the rest of such a
 * statement, and hardly anybody nests groups.
 */
export function quickMembershipsOf(table: ResourceTable, wanted: boolean): Sql {
  if (!wanted || table.type === 'Group') return sql`${membershipsOf(table, wanted)}, false as nested`
  return sql`(select coalesce(jsonb_agg(jsonb_build_object('value', g.id, 'display', g.display_name, 'type', 'direct')
        order by g.id), '[]')
      from scim_members m cross join lateral (
        select id, display_name from scim_groups s where s.id = m.group_id offset 0) g
      where m.user_id = r.id) as memberships,
    exists (select from scim_members m where m.user_id = r.id
      and exists (select from scim_nested_groups n where n.child_id = m.group_id offset 0)) as nested`
}

/** The same rows, with all groups of those users who are in nested ones. */
export async function withNestedGroups<Row extends ResourceRow & { readonly nested: boolean }>(
  database: Database,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const nested = rows.filter((row) => row.nested).map(({ id }) => id)
  if (nested.length === 0) return rows
  const whole = await runPrepared<{ rows: Pick<ResourceRow, 'id' | 'memberships'>[] }>(
    database,
    'read-nested-groups',
    `select r.id, ${membershipsOf(userTable, true).text} from scim_users r where r.id = any(?::uuid[])`,
    [nested],
  )
  const byId = new Map(whole.rows.map(({ id, memberships }) => [id, memberships]))
  return rows.map((row) => ({ ...row, memberships: byId.get(row.id) ?? row.memberships }))
}
