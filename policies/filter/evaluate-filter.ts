import type { Filter, FilterAttribute, FilterDocument, FilterOperator } from '../../domain/filter.ts'
import { foldKey } from '../../domain/fold-key.ts'
import { parseFilterInstant } from '../date-text.ts'

export type FilterPredicate = (document: object) => boolean

/**
 * Whether a document satisfies a filter. Strings compare without case unless the attribute is case-exact, dates as
 * instants, a list by any of its values. A missing value makes `ne` true and every other comparison false; `ne` on
 * a list asks that no value is equal. `eq null` is "absent".
 *
 * @public For one document at a time, and for the tests that compare it with the filters compiled to SQL.
 */
export function evaluateFilter(filter: Filter, document: FilterDocument): boolean {
  return compileFilter(filter)(document)
}

/** The same as a function, for a filter that is asked of many documents. Never throws, whatever the document. */
export function compileFilter(filter: Filter): FilterPredicate {
  switch (filter.op) {
    case 'and': {
      const filters = filter.filters.map(compileFilter)
      return (document) => filters.every((each) => each(document))
    }
    case 'or': {
      const filters = filter.filters.map(compileFilter)
      return (document) => filters.some((each) => each(document))
    }
    case 'not': {
      const inner = compileFilter(filter.filter)
      return (document) => !inner(document)
    }
    case 'present': {
      const { attribute } = filter
      return (document) => readValues(document, attribute).some(isPresent)
    }
    case 'some': {
      const inner = compileFilter(filter.filter)
      const { path } = filter
      return (document) => listElements(readPath(document, path)).some(inner)
    }
    case 'compare':
      return compileComparison(filter.operator, filter.attribute, filter.value)
  }
}

function compileComparison(
  operator: FilterOperator,
  attribute: FilterAttribute,
  literal: string | number | boolean | null,
): FilterPredicate {
  if (literal === null) {
    const wanted = operator === 'ne'
    return (document) => readValues(document, attribute).some(isPresent) === wanted
  }
  if (operator === 'ne') {
    const equals = compileComparison('eq', attribute, literal)
    return (document) => !equals(document)
  }
  const operand = comparable(literal, attribute)
  const holds = comparisons[operator]
  if (operand === null) return () => false
  const isHeldBy = (value: unknown) => {
    const actual = comparable(value, attribute)
    return actual !== null && holds(actual, operand)
  }
  if (attribute.element === null && !attribute.multiValued) {
    return (document) => isHeldBy(readPath(document, attribute.path))
  }
  return (document) => readValues(document, attribute).some(isHeldBy)
}

type Comparable = string | number | boolean
type Comparison = (actual: Comparable, operand: Comparable) => boolean

const comparisons: Readonly<Record<Exclude<FilterOperator, 'ne'>, Comparison>> = {
  eq: (actual, operand) => actual === operand,
  co: (actual, operand) => String(actual).includes(String(operand)),
  sw: (actual, operand) => String(actual).startsWith(String(operand)),
  ew: (actual, operand) => String(actual).endsWith(String(operand)),
  gt: (actual, operand) => compareOrder(actual, operand) > 0,
  ge: (actual, operand) => compareOrder(actual, operand) >= 0,
  lt: (actual, operand) => compareOrder(actual, operand) < 0,
  le: (actual, operand) => compareOrder(actual, operand) <= 0,
}

/** A value in the form in which it compares, or null where it is not of the attribute's type: then nothing holds. */
function comparable(value: unknown, { type, caseExact, byKey }: FilterAttribute): Comparable | null {
  switch (type) {
    case 'string':
      if (typeof value !== 'string' || value === '') return null
      if (byKey === true) return foldKey(value) || null
      return caseExact ? value : value.toLowerCase()
    case 'date':
      return typeof value === 'string' ? parseFilterInstant(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
  }
}

/** Strings by code point, as PostgreSQL's "C" collation does; JavaScript's own order is by UTF-16 unit. */
function compareOrder(actual: Comparable, operand: Comparable): number {
  if (typeof actual === 'string' && typeof operand === 'string') {
    const [a, b] = [[...actual], [...operand]]
    const differing = a.findIndex((character, index) => character !== b[index])
    if (differing === -1) return a.length - b.length
    return (a[differing]?.codePointAt(0) ?? -1) - (b[differing]?.codePointAt(0) ?? -1)
  }
  return Number(actual) - Number(operand)
}

function readValues(document: object, attribute: FilterAttribute): readonly unknown[] {
  const value = readPath(document, attribute.path)
  if (attribute.element !== null) {
    const key = attribute.element
    return listElements(value).map((element) => readKey(element, key))
  }
  if (attribute.multiValued) return Array.isArray(value) ? value : []
  return [value]
}

function readPath(document: object, path: readonly string[]): unknown {
  let value: unknown = document
  for (const key of path) value = readKey(value, key)
  return value
}

function readKey(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}

function listElements(value: unknown): readonly object[] {
  if (!Array.isArray(value)) return []
  return value.filter((element) => typeof element === 'object' && element !== null)
}

/** `pr` (RFC 7644 section 3.4.2.2): not null, not empty. */
function isPresent(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false
  if (Array.isArray(value)) return value.some(isPresent)
  return typeof value !== 'object' || Object.values(value).some(isPresent)
}
