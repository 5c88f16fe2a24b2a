import type { Filter, FilterAttribute, FilterOperator } from '../../domain/filter.ts'
import { compileFilterSql, type FilterLiteral, type FilterPlaces, type Shortcut } from './filter-sql.ts'
import { findLookUp } from './resource-look-ups.ts'
import { type ResourceTable, rowsOfResource, uniqueKeyOf, valueOfResource } from './resource-places.ts'
import type { Reach } from './resource-reach.ts'
import { type Sql, sql } from './sql-fragment.ts'

/** A filter on the resources of a connection as a condition on `r`: first what an index reaches, then the whole of it. */
export function compileResourceFilter(
  filter: Filter,
  reach: Reach,
  source: string,
  table: ResourceTable,
): Sql {
  const places: FilterPlaces = {
    valueAt: valueOfResource,
    rowsAt: (path) => rowsOfResource(path, table),
    keyAt: () => sql`to_jsonb(${uniqueKeyOf(table)})`,
    shortcut: (operator, attribute, value) => shorten(operator, attribute, value, source, table),
  }
  const whole = compileFilterSql(filter, places)
  if (reach.by !== 'ids') return whole
  return reach.exact ? isAmong(reach.ids) : sql`(${isAmong(reach.ids)} and ${whole})`
}

function shorten(
  operator: FilterOperator,
  attribute: FilterAttribute,
  value: FilterLiteral,
  source: string,
  table: ResourceTable,
): Shortcut | null {
  if (attribute.path[0] === 'meta' && attribute.path.length === 2)
    return compareColumn(operator, attribute, value)
  const found = findLookUp({ op: 'compare', operator, attribute, value }, source, table)
  return found?.exact === true ? { condition: isAmong(found.ids), exact: true } : null
}

const instantColumns: ReadonlyMap<string, Sql> = new Map([
  ['created', sql`r.created_at`],
  ['lastModified', sql`r.modified_at`],
])
const orders: ReadonlyMap<FilterOperator, Sql> = new Map([
  ['eq', sql`=`],
  ['gt', sql`>`],
  ['ge', sql`>=`],
  ['lt', sql`<`],
  ['le', sql`<=`],
])

/** Instants that the server gives out are columns, of whole milliseconds as they are shown. */
function compareColumn(
  operator: FilterOperator,
  { path, type }: FilterAttribute,
  value: FilterLiteral,
): Shortcut | null {
  const [column, order] = [instantColumns.get(path[1] ?? ''), orders.get(operator)]
  if (column === undefined || order === undefined || type !== 'date') return null
  return { condition: sql`(${column} ${order} ${String(value)}::text::timestamptz)`, exact: true }
}

/** An array, not a join: it is found once, and then each id through the primary key, whatever the planner expects. */
function isAmong(ids: Sql): Sql {
  return sql`r.id = any(array(${ids}))`
}
