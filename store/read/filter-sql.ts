import { MusterError } from '../../domain/error.ts'
import type { Filter, FilterAttribute, FilterOperator } from '../../domain/filter.ts'
import { foldKey } from '../../domain/fold-key.ts'
import { isStorable } from '../../domain/storable-text.ts'
import { compareSql } from './filter-comparison-sql.ts'
import { joinSql, type Sql, sql } from './sql-fragment.ts'

/** Where the attributes of a filter stand in a row that a statement reads. */
export interface FilterPlaces {
  /** The value at a path, as jsonb; null in SQL where the row has none. */
  readonly valueAt: (path: readonly string[]) => Sql
  /** A list that stands in rows of its own: what to select its elements from, as one column of jsonb. Null: no such list. */
  readonly rowsAt: (path: readonly string[]) => Sql | null
  /** The folded key of an attribute that compares by its key, as jsonb. */
  readonly keyAt: (path: readonly string[]) => Sql
  /** A condition that says of the row what the comparison says, or more exactly: what index leads to it. */
  readonly shortcut: (
    operator: FilterOperator,
    attribute: FilterAttribute,
    value: FilterLiteral,
  ) => Shortcut | null
}

/** A condition that an index knows. Where it is not exact, it is true of every row of which the comparison is. */
export interface Shortcut {
  readonly condition: Sql
  readonly exact: boolean
}

export type FilterLiteral = string | number | boolean

/**
 * A filter as a condition on a row, selecting what `evaluateFilter` of the policies selects: no text of the caller's
 * reaches the statement, every value and every path is a binding. Each part is true or false, never null, so `not`
 * means what it says.
 */
export function compileFilterSql(filter: Filter, places: FilterPlaces): Sql {
  return compileIn(filter, { ...places, depth: 0 })
}

/** What a filter's paths start from: the row, or one element of one of its lists. */
interface Scope extends FilterPlaces {
  readonly depth: number
}

function compileIn(filter: Filter, scope: Scope): Sql {
  switch (filter.op) {
    case 'and':
    case 'or':
      return joinTerms(
        filter.op,
        filter.filters.map((term) => compileIn(term, scope)),
      )
    case 'not':
      return sql`not ${compileIn(filter.filter, scope)}`
    case 'present':
      return compilePresence(filter.attribute, scope)
    case 'some':
      return existsElement(scope, filter.path, objectsOnly, (element) => compileIn(filter.filter, element))
    case 'compare':
      return compileComparison(filter.operator, filter.attribute, filter.value, scope)
  }
}

function joinTerms(operator: 'and' | 'or', terms: readonly Sql[]): Sql {
  if (terms.length === 0) return operator === 'and' ? sql`true` : sql`false`
  return sql`(${joinSql(terms, operator === 'and' ? sql` and ` : sql` or `)})`
}

function compileComparison(
  operator: FilterOperator,
  attribute: FilterAttribute,
  value: string | number | boolean | null,
  scope: Scope,
): Sql {
  if (value === null) {
    const present = compilePresence(attribute, scope)
    return operator === 'ne' ? present : sql`not ${present}`
  }
  if (operator === 'ne') return sql`not ${compileComparison('eq', attribute, value, scope)}`
  refuseUnstorable(value)
  const shortcut = scope.shortcut(operator, attribute, value)
  if (shortcut?.exact === true) return shortcut.condition
  const compared = compareValues(operator, attribute, value, scope)
  return shortcut === null ? compared : sql`(${shortcut.condition} and ${compared})`
}

function compareValues(
  operator: Exclude<FilterOperator, 'ne'>,
  attribute: FilterAttribute,
  value: FilterLiteral,
  scope: Scope,
): Sql {
  if (attribute.byKey === true) {
    const exact = { ...attribute, caseExact: true }
    return compareSql(operator, scope.keyAt(attribute.path), foldKey(String(value)), exact)
  }
  return anyValue(attribute, scope, (actual) => compareSql(operator, actual, value, attribute))
}

function refuseUnstorable(value: FilterLiteral): void {
  if (typeof value === 'string' && !isStorable(value)) {
    throw new MusterError('filter-invalid', 'The filter compares with a character that no value can have.')
  }
}

/** RFC 7644 section 3.4.2.2: some value in it is neither null nor empty. */
function compilePresence(attribute: FilterAttribute, scope: Scope): Sql {
  const rows = scope.rowsAt(attribute.path)
  // An element always has its value.
  if (rows !== null && attribute.element === null) return sql`exists (select from ${rows} as members_of_it)`
  return anyValue(
    attribute,
    scope,
    (value) => sql`coalesce(jsonb_path_exists(${value}, ${somethingInIt}::text::jsonpath), false)`,
  )
}

const somethingInIt =
  'strict $.** ? (@.type() == "number" || @.type() == "boolean" || @.type() == "string" && @ != "")'

/** The test of an attribute's value, or of any of its values. */
function anyValue(attribute: FilterAttribute, scope: Scope, test: (value: Sql) => Sql): Sql {
  const { path, element, multiValued } = attribute
  if (element !== null) {
    return existsElement(scope, path, objectsOnly, (each) => test(each.valueAt([element])))
  }
  if (multiValued) return existsElement(scope, path, everything, (each) => test(each.valueAt([])))
  return test(scope.valueAt(path))
}

/** A path to the elements of a list that are objects. */
export const objectsOnly = 'strict $[*] ? (@.type() == "object")'
const everything = 'strict $[*]'

/** Whether the list at a path has an element of which the test holds; what is no list has none. */
function existsElement(
  scope: Scope,
  path: readonly string[],
  elements: string,
  test: (element: Scope) => Sql,
): Sql {
  const depth = scope.depth + 1
  const alias: Sql = { text: `e${depth}`, bindings: [] }
  const condition = test({
    ...elementPlaces,
    valueAt: (within) => sql`(${alias}.value #> ${within}::text[])`,
    depth,
  })
  const rows =
    scope.rowsAt(path) ??
    sql`jsonb_path_query(${scope.valueAt(path)}, ${elements}::text::jsonpath, '{}', true)`
  return sql`exists (select from ${rows} as ${alias}(value) where ${condition})`
}

/** An element of a list stands in itself: no rows, no keys and no index of its own. */
const elementPlaces = {
  rowsAt: () => null,
  keyAt: () => sql`null::jsonb`,
  shortcut: () => null,
}
