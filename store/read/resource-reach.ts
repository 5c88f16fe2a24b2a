import type { Filter } from '../../domain/filter.ts'
import { type Comparison, placeInList } from './plain-comparisons.ts'
import { findLookUp, type LookUp } from './resource-look-ups.ts'
import type { ResourceTable } from './resource-places.ts'
import { joinSql, sql } from './sql-fragment.ts'

/**
 * How the resources that a filter selects are reached: through ids that indexes find, through a range of an index,
 * or by looking at every resource of the connection.
 */
export type Reach = ({ readonly by: 'ids' } & LookUp) | { readonly by: 'range' } | { readonly by: 'scan' }

/** Finds the shortest way. The whole filter is still asked of what is reached, unless the ids are exact. */
export function findReach(filter: Filter, source: string, table: ResourceTable): Reach {
  return reachIn(filter, { source, table, list: null })
}

interface Reaching {
  readonly source: string
  readonly table: ResourceTable
  /** Inside `[ ]`: the list whose elements the paths start from. */
  readonly list: readonly string[] | null
}

const scan: Reach = { by: 'scan' }

function reachIn(filter: Filter, at: Reaching): Reach {
  switch (filter.op) {
    case 'and':
      return reachAll(filter.filters, at)
    case 'or':
      return reachAny(filter.filters, at)
    case 'some':
      // Several conditions on one element are more than the ids of one of them say.
      return inexact(reachIn(filter.filter, { ...at, list: filter.path }))
    case 'compare':
      return reachComparison(filter, at)
    default:
      return scan
  }
}

function reachComparison(filter: Comparison, at: Reaching): Reach {
  const placed = at.list === null ? filter : placeInList(filter, at.list)
  const found = placed === null ? null : findLookUp(placed, at.source, at.table)
  if (found !== null) return { by: 'ids', ...found }
  return at.list === null && isRange(filter) ? { by: 'range' } : scan
}

function isRange({ operator, attribute: { path } }: Comparison): boolean {
  return operator !== 'ne' && path.length === 2 && path[0] === 'meta' && path[1] === 'lastModified'
}

/** Any of the terms leads to all that all of them select: the one that leads to the fewest. */
function reachAll(filters: readonly Filter[], at: Reaching): Reach {
  const reaches = filters.map((filter) => reachIn(filter, at))
  const ids = reaches.filter((reach) => reach.by === 'ids')
  const best = ids.find((reach) => !reach.many) ?? ids[0]
  if (best !== undefined) return filters.length === 1 ? best : inexact(best)
  return reaches.find((reach) => reach.by === 'range') ?? scan
}

/** Every term must lead somewhere, or all must be looked at. */
function reachAny(filters: readonly Filter[], at: Reaching): Reach {
  const reaches = filters.map((filter) => reachIn(filter, at))
  const ids = reaches.filter((reach) => reach.by === 'ids')
  if (reaches.length === 0 || reaches.some((reach) => reach.by === 'scan')) return scan
  if (ids.length < reaches.length) return { by: 'range' }
  return {
    by: 'ids',
    ids: joinSql(
      ids.map((reach) => sql`(${reach.ids})`),
      sql` union all `,
    ),
    exact: ids.every((reach) => reach.exact),
    many: ids.some((reach) => reach.many),
  }
}

function inexact(reach: Reach): Reach {
  return reach.by === 'ids' ? { ...reach, exact: false } : reach
}
