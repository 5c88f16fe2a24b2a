import type { FilterAttribute } from '../../domain/filter.ts'
import { instantOf, textOf } from './filter-comparison-sql.ts'
import { objectsOnly } from './filter-sql.ts'
import { type ResourceTable, rowsOfResource, uniqueKeyOf, valueOfResource } from './resource-places.ts'
import type { CursorPosition, ResourceSort } from './resource-query.ts'
import { type Sql, sql } from './sql-fragment.ts'

/** What a page is sorted by before the id. */
export interface SortKey {
  /** The key of the row `r`. */
  readonly key: Sql
  /** Its type in SQL, in which the text of a cursor is read again. */
  readonly type: Sql
  /** True for a column that every row has: it sorts through an index. */
  readonly indexed: boolean
}

/** The key that a sort asks for; null for the order by id. */
export function findSortKey(sort: ResourceSort | null, table: ResourceTable): SortKey | null {
  if (sort === null) return null
  const { attribute } = sort
  switch (attribute.element === null ? attribute.path.join(' ') : null) {
    case 'id':
      return null
    case 'meta lastModified':
      return { key: sql`r.modified_at`, type: sql`timestamptz`, indexed: true }
    case 'meta created':
      return { key: sql`r.created_at`, type: sql`timestamptz`, indexed: false }
    case table.unique:
      return { key: uniqueKeyOf(table), type: sql`text`, indexed: true }
    default:
      return typedKey(firstValue(attribute, table), attribute)
  }
}

/** RFC 7644 section 3.4.2.3: of a list the primary value, else the first. */
function firstValue({ path, element, multiValued }: FilterAttribute, table: ResourceTable): Sql {
  if (element === null) return multiValued ? sql`(${valueOfResource(path)} -> 0)` : valueOfResource(path)
  const rows =
    rowsOfResource(path, table) ??
    sql`jsonb_path_query(${valueOfResource(path)}, ${objectsOnly}::text::jsonpath, '{}', true)`
  return sql`(select listed.value -> ${element}::text
    from (select value, row_number() over () as place from ${rows} as each(value)) listed
    order by (listed.value -> 'primary') is not distinct from 'true'::jsonb desc, listed.place limit 1)`
}

/** The value as its type sorts; null where it is of another type. */
function typedKey(value: Sql, { type, caseExact }: FilterAttribute): SortKey {
  switch (type) {
    case 'string':
      return { key: textOf(value, caseExact), type: sql`text`, indexed: false }
    case 'date':
      return { key: instantOf(value), type: sql`timestamptz`, indexed: false }
    case 'number':
      return {
        key: sql`(case when jsonb_typeof(${value}) = 'number' then ${value}::numeric end)`,
        type: sql`numeric`,
        indexed: false,
      }
    case 'boolean':
      return {
        key: sql`(case when jsonb_typeof(${value}) = 'boolean' then ${value}::boolean end)`,
        type: sql`boolean`,
        indexed: false,
      }
  }
}

/** The order of a statement that names the sort key `key`: what has none comes last when ascending, else first. */
export function orderBy(key: SortKey | null, descending: boolean): Sql {
  const id = descending ? sql`r.id desc` : sql`r.id`
  if (key === null) return id
  return descending ? sql`key desc nulls first, ${id}` : sql`key, ${id}`
}

/** The condition of what comes after a position in this order. */
export function comesAfter(position: CursorPosition, key: SortKey | null, descending: boolean): Sql {
  const beyond = descending ? sql`<` : sql`>`
  const id = sql`${position.id}::uuid`
  if (key === null) return sql`r.id ${beyond} ${id}`
  if (position.value === null) {
    const others = descending ? sql`${key.key} is not null or` : sql``
    return sql`(${others} (${key.key} is null and r.id ${beyond} ${id}))`
  }
  const value = sql`(${position.value}::text::${key.type})`
  const further = sql`(${key.key}, r.id) ${beyond} (${value}, ${id})`
  return descending || key.indexed ? sql`${further}` : sql`(${further} or ${key.key} is null)`
}
