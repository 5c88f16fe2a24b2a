import { validate as isUuid } from 'uuid'
import type { Filter } from '../../domain/filter.ts'
import { foldKey } from '../../domain/fold-key.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import type { Database } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import type { PageRequest } from './resource-page.ts'
import type { ResourceTable } from './resource-places.ts'
import type { ResourcePage } from './resource-query.ts'
import { membershipsOf, type ResourceRow, resourceColumns, viewResource } from './resource-row.ts'
import { isStorable } from './storable-text.ts'

/** One resource of a connection by its id, or null: a text that is no id names none. */
export async function readResource(
  database: Database,
  table: ResourceTable,
  key: { readonly source: string; readonly id: string; readonly memberships: boolean },
): Promise<StoredResource | null> {
  if (!isUuid(key.id) || key.id !== key.id.toLowerCase()) return null
  const { rows } = await runPrepared<{ rows: ResourceRow[] }>(
    database,
    `read-${table.table}-${key.memberships ? 'whole' : 'bare'}`,
    `select ${resourceColumns.text}, ${membershipsOf(table, key.memberships).text}
     from ${table.table} r where r.source = ? and r.id = ?`,
    [key.source, key.id],
  )
  const [row] = rows
  return row === undefined ? null : viewResource(row, table)
}

/**
 * The first page of what every client asks before it writes: one `eq` of userName, externalId or a group's name. Null
 * where the query asks for anything else. Planned once by each connection, and bounded by its index: it needs no
 * transaction and no timeout.
 */
export async function readPageByKey(
  database: Database,
  { table, source, query, memberships }: PageRequest,
): Promise<ResourcePage | null> {
  const { filter, sort, page } = query
  const asked = filter === null || sort !== null ? null : findColumn(filter, table)
  if (asked === null || page.kind !== 'index' || page.start !== 1 || page.count < 1) return null
  const { rows } = await runPrepared<{ rows: ResourceRow[] }>(
    database,
    `page-${table.table}-${asked.column}-${memberships ? 'whole' : 'bare'}`,
    // The inner limit keeps the planner from walking the order by id instead of the index that the key has.
    `select ${resourceColumns.text}, ${membershipsOf(table, memberships).text}
     from (select * from ${table.table} where source = ? and ${asked.column} = ? limit ${keyLimit}) r
     order by r.id`,
    [source, asked.value],
  )
  if (rows.length >= keyLimit) return null
  const shown = rows.slice(0, page.count).map((row) => viewResource(row, table))
  return { total: rows.length, resources: shown, next: null }
}

/** More than these with one external id are no look-up any more, but a page of a list. */
const keyLimit = 101

function findColumn(filter: Filter, table: ResourceTable): { column: string; value: string } | null {
  if (filter.op !== 'compare' || filter.operator !== 'eq' || typeof filter.value !== 'string') return null
  const { attribute, value } = filter
  if (attribute.element !== null || attribute.path.length !== 1 || value === '' || !isStorable(value))
    return null
  if (attribute.path[0] === table.unique && attribute.byKey === true) {
    return { column: table.uniqueKeyColumn, value: foldKey(value) }
  }
  return attribute.path[0] === 'externalId' && attribute.caseExact ? { column: 'external_id', value } : null
}
