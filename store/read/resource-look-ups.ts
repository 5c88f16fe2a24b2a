import { validate as isUuid } from 'uuid'
import type { FilterAttribute } from '../../domain/filter.ts'
import { foldKey } from '../../domain/fold-key.ts'
import type { Comparison } from './plain-comparisons.ts'
import type { ResourceTable } from './resource-places.ts'
import { type Sql, sql } from './sql-fragment.ts'

/** The ids of all resources that one comparison may hold for, found through an index. */
export interface LookUp {
  /** Selects them: one column of uuid. */
  readonly ids: Sql
  /** Whether it holds for each of them. */
  readonly exact: boolean
  /** Whether there may be thousands of them. */
  readonly many: boolean
}

/** The look-up that answers a comparison, or null where no index knows. */
export function findLookUp(comparison: Comparison, source: string, table: ResourceTable): LookUp | null {
  const { operator, attribute, value } = comparison
  if (operator !== 'eq' || typeof value !== 'string' || value === '') return null
  const { path, element } = attribute
  if (path.length !== 1) return null
  const place = element === null ? String(path[0]) : `${path[0]}.${element}`
  return table.type === 'User'
    ? findUserLookUp(place, attribute, value, source)
    : findGroupLookUp(place, attribute, value, source)
}

function findUserLookUp(
  place: string,
  attribute: FilterAttribute,
  value: string,
  source: string,
): LookUp | null {
  const key = foldKey(value)
  switch (place) {
    case 'id':
      return findById(value, attribute)
    case 'userName':
      return few(
        sql`select id from scim_users where source = ${source} and user_name_key = ${key}`,
        attribute.byKey === true,
      )
    case 'externalId':
      return attribute.caseExact
        ? few(sql`select id from scim_users where source = ${source} and external_id = ${value}`, true)
        : null
    case 'displayName':
      return few(sql`select id from scim_users where source = ${source} and display_name_key = ${key}`, false)
    case 'emails.value':
    case 'phoneNumbers.value':
      return few(
        sql`select user_id from scim_addresses
          where source = ${source} and attribute = ${String(attribute.path[0])} and value_key = ${key}`,
        false,
      )
    case 'groups.value':
      return isIdText(value, attribute)
        ? usersIn(sql`select id from scim_groups where source = ${source} and id = ${value}::uuid`)
        : nobody
    case 'groups.display':
      return usersIn(
        sql`select id from scim_groups where source = ${source} and display_name_key = ${key}`,
        false,
      )
    default:
      return null
  }
}

function findGroupLookUp(
  place: string,
  attribute: FilterAttribute,
  value: string,
  source: string,
): LookUp | null {
  switch (place) {
    case 'id':
      return findById(value, attribute)
    case 'displayName':
      return few(
        sql`select id from scim_groups where source = ${source} and display_name_key = ${foldKey(value)}`,
        attribute.byKey === true,
      )
    case 'externalId':
      return attribute.caseExact
        ? few(sql`select id from scim_groups where source = ${source} and external_id = ${value}`, true)
        : null
    case 'members.value':
      return isIdText(value, attribute)
        ? {
            ids: sql`select group_id from scim_members where user_id = ${value}::uuid
              union all select group_id from scim_nested_groups where child_id = ${value}::uuid`,
            exact: true,
            many: true,
          }
        : nobody
    default:
      return null
  }
}

function few(ids: Sql, exact: boolean): LookUp {
  return { ids, exact, many: false }
}

const nobody: LookUp = few(sql`select null::uuid where false`, true)

function findById(value: string, attribute: FilterAttribute): LookUp {
  return isIdText(value, attribute) ? few(sql`select ${value}::uuid`, true) : nobody
}

/** Ids are written in lower case: a text that is no id, or not as an id is written, names nobody. */
function isIdText(value: string, { caseExact }: FilterAttribute): boolean {
  return isUuid(value) && (!caseExact || value === value.toLowerCase())
}

/** Everybody in these groups, and in the groups that those hold. An array, so that each group is looked up by its key. */
function usersIn(groups: Sql, exact = true): LookUp {
  return {
    ids: sql`select m.user_id from scim_members m where m.group_id = any(array(
      with recursive down(id) as (
        ${groups} union select n.child_id from down join scim_nested_groups n on n.group_id = down.id)
      select id from down))`,
    exact,
    many: true,
  }
}
