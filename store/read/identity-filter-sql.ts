import type { Filter, FilterAttribute, FilterOperator } from '../../domain/filter.ts'
import { foldKey } from '../../domain/fold-key.ts'
import { compileFilterSql, type FilterLiteral, type Shortcut } from './filter-sql.ts'
import { type Sql, sql } from './sql-fragment.ts'

/** A filter as a condition on `identities i`. */
export function compileIdentityFilter(filter: Filter): Sql {
  return compileFilterSql(filter, {
    valueAt: valueOfIdentity,
    rowsAt: () => null,
    keyAt: () => sql`to_jsonb(i.user_name_key)`,
    shortcut: lookUpUserName,
  })
}

/** userNames that are equal without case have equal folded keys, and those have an index. */
function lookUpUserName(
  operator: FilterOperator,
  { path }: FilterAttribute,
  value: FilterLiteral,
): Shortcut | null {
  if (operator !== 'eq' || path.length !== 1 || path[0] !== 'userName') return null
  return { condition: sql`i.user_name_key = ${foldKey(String(value))}`, exact: false }
}

function valueOfIdentity(path: readonly string[]): Sql {
  switch (path.length === 1 ? path[0] : undefined) {
    case 'id':
      return sql`to_jsonb(i.id::text)`
    case 'active':
      return sql`to_jsonb(i.active)`
    case 'sources':
      return sql`to_jsonb(i.sources)`
    default:
      return sql`(i.attributes #> ${path}::text[])`
  }
}
