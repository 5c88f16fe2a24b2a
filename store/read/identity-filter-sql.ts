import { MusterError } from '../../domain/error.ts'
import type { Filter, FilterAttribute, FilterOperator } from '../../domain/filter.ts'
import { foldKey } from '../../domain/fold-key.ts'
import { compareSql } from './filter-comparison-sql.ts'
import { joinSql, type Sql, sql } from './sql-fragment.ts'

/**
 * A filter as a condition on `identities i`, selecting what `evaluateFilter` of the policies selects: no text of
 * the caller's reaches the statement, every value and every path is a binding. Each part is true or false, never
 * null, so `not` means what it says.
 */
export function compileIdentityFilter(filter: Filter): Sql {
  return compileIn(filter, { valueAt: valueOfIdentity, depth: 0, isIdentity: true })
}

/** What a filter's paths start from: the identity, or one element of one of its lists. */
interface Scope {
  /** The value at a path, as jsonb. */
  readonly valueAt: (path: readonly string[]) => Sql
  readonly depth: number
  readonly isIdentity: boolean
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
      return existsElement(scope, filter.path, objectsOnly, (element) =>
        compileIn(filter.filter, { ...element, isIdentity: false }),
      )
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
  const compared = anyValue(attribute, scope, (actual) => compareSql(operator, actual, value, attribute))
  return isUserNameLookup(operator, attribute, scope)
    ? sql`(i.user_name_key = ${foldKey(String(value))} and ${compared})`
    : compared
}

/** userNames that are equal without case have equal folded keys, and those have an index. */
function isUserNameLookup(operator: FilterOperator, attribute: FilterAttribute, scope: Scope): boolean {
  return (
    operator === 'eq' && scope.isIdentity && attribute.path.length === 1 && attribute.path[0] === 'userName'
  )
}

/** PostgreSQL stores neither U+0000 nor half a surrogate pair, so nothing there compares with them. */
function refuseUnstorable(value: string | number | boolean): void {
  if (typeof value === 'string' && /\0|\p{Surrogate}/u.test(value)) {
    throw new MusterError('filter-invalid', 'The filter compares with a character that no value can have.')
  }
}

/** RFC 7644 section 3.4.2.2: some value in it is neither null nor empty. */
function compilePresence(attribute: FilterAttribute, scope: Scope): Sql {
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

const objectsOnly = 'strict $[*] ? (@.type() == "object")'
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
    valueAt: (within) => sql`(${alias}.value #> ${within}::text[])`,
    depth,
    isIdentity: false,
  })
  return sql`exists (select from jsonb_path_query(${scope.valueAt(path)}, ${elements}::text::jsonpath, '{}', true)
    as ${alias}(value) where ${condition})`
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
