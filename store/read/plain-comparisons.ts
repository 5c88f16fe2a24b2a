import type { Filter } from '../../domain/filter.ts'

export type Comparison = Extract<Filter, { op: 'compare' }>

/**
 * Writes `members[value eq "x"]` as `members.value eq "x"`, which is the same and has an index. Not so with `ne`, which
 * asks of a list that no value is equal, nor with null.
 */
export function preferPlainComparisons(filter: Filter): Filter {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, filters: filter.filters.map(preferPlainComparisons) }
    case 'not':
      return { op: 'not', filter: preferPlainComparisons(filter.filter) }
    case 'some':
      return plainOf(filter.filter, filter.path) ?? filter
    default:
      return filter
  }
}

function plainOf(inner: Filter, list: readonly string[]): Comparison | null {
  if (inner.op !== 'compare' || inner.operator === 'ne' || inner.value === null) return null
  return placeInList(inner, list)
}

/** What a comparison asks of an element, as it is asked of the list; null where the list's elements have no such part. */
export function placeInList(comparison: Comparison, list: readonly string[]): Comparison | null {
  const { path, element } = comparison.attribute
  const [key] = path
  if (path.length !== 1 || element !== null || key === undefined) return null
  return { ...comparison, attribute: { ...comparison.attribute, path: list, element: key } }
}
