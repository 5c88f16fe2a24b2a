import type { ResourceType } from '../../domain/scim-resource.ts'
import { type Sql, sql } from './sql-fragment.ts'

/**
 * The two tables of resources, as `r` in every statement: filters, sort keys and pages are compiled for both by one
 * code, and differ in what is written here.
 */
export interface ResourceTable {
  readonly type: ResourceType
  readonly table: 'scim_users' | 'scim_groups'
  /** The attribute that is unique without case within a connection, and the column of its folded key. */
  readonly unique: 'userName' | 'displayName'
  readonly uniqueKeyColumn: 'user_name_key' | 'display_name_key'
  /** The list that stands in tables of memberships. */
  readonly memberships: 'groups' | 'members'
  /** Selects the memberships of the resource `r`: one column, an object as it is shown (without `$ref`). */
  readonly membershipRows: Sql
}

/**
 * Groups of a user, through nested ones too. A UNION of rows that were seen ends where groups hold each other; who is
 * in a group directly and indirectly is in it directly.
 */
const groupsOfUser = sql`(with recursive up(id, type) as (
    select group_id, 'direct' from scim_members where user_id = r.id
    union
    select n.group_id, 'indirect' from up join scim_nested_groups n on n.child_id = up.id)
  select jsonb_build_object('value', g.id, 'display', g.display_name, 'type', min(up.type)) as value
  from up join scim_groups g on g.id = up.id group by g.id order by g.id)`

/**
 * Direct members of a group, users first. A user is shown by its displayName, else by its userName. Each is looked up
 * by itself: to a join the planner would often give all users of all connections.
 */
const membersOfGroup = sql`((select (select jsonb_build_object('value', u.id, 'type', 'User',
        'display', coalesce(nullif(u.document ->> 'displayName', ''), u.document ->> 'userName'))
      from scim_users u where u.id = m.user_id) as value
    from scim_members m where m.group_id = r.id order by m.user_id)
  union all
  (select (select jsonb_build_object('value', c.id, 'type', 'Group', 'display', c.display_name)
      from scim_groups c where c.id = n.child_id)
    from scim_nested_groups n where n.group_id = r.id order by n.child_id))`

export const userTable: ResourceTable = {
  type: 'User',
  table: 'scim_users',
  unique: 'userName',
  uniqueKeyColumn: 'user_name_key',
  memberships: 'groups',
  membershipRows: groupsOfUser,
}

export const groupTable: ResourceTable = {
  type: 'Group',
  table: 'scim_groups',
  unique: 'displayName',
  uniqueKeyColumn: 'display_name_key',
  memberships: 'members',
  membershipRows: membersOfGroup,
}

/** The folded key of `r` that is unique within its connection. */
export function uniqueKeyOf({ uniqueKeyColumn }: ResourceTable): Sql {
  return { text: `r.${uniqueKeyColumn}`, bindings: [] }
}

/** What a path of the rendered resource finds in its row, as jsonb. */
export function valueOfResource(path: readonly string[]): Sql {
  switch (path.join(' ')) {
    case 'id':
      return sql`to_jsonb(r.id)`
    case 'meta':
      return sql`jsonb_build_object('created', r.created_at)`
    case 'meta created':
      return sql`to_jsonb(r.created_at)`
    case 'meta lastModified':
      return sql`to_jsonb(r.modified_at)`
    default:
      return sql`(r.document #> ${path}::text[])`
  }
}

/** The memberships where a path names them, else null. */
export function rowsOfResource(path: readonly string[], table: ResourceTable): Sql | null {
  return path.length === 1 && path[0] === table.memberships ? table.membershipRows : null
}
