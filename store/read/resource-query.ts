import type { Filter, FilterAttribute } from '../../domain/filter.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'

/** Which resources of a connection are wanted, in which order, and which part of them. */
export interface ResourceQuery {
  readonly filter: Filter | null
  /** Null: by id, the order in which they were made. */
  readonly sort: ResourceSort | null
  readonly page: IndexPage | CursorPage
}

/**
 * RFC 7644 section 3.4.2.3: a list sorts by its primary value, else its first; what has no value comes last when
 * ascending and first when descending; ties are broken by id, so that the order is the same on every page.
 */
export interface ResourceSort {
  readonly attribute: FilterAttribute
  readonly descending: boolean
}

/** RFC 7644 section 3.4.2.4. A `count` of 0 asks for the total alone. */
export interface IndexPage {
  readonly kind: 'index'
  /** Of the first resource wanted, from 1. */
  readonly start: number
  readonly count: number
}

/** RFC 9865: what comes after a position. Resources that stay are neither missed nor doubled while others change. */
export interface CursorPage {
  readonly kind: 'cursor'
  readonly after: CursorPosition | null
  readonly count: number
}

/** Where a page ended: the sort key as text (null: it has none, or the order is by id) and the id. It may name a person. */
export interface CursorPosition {
  readonly value: string | null
  readonly id: string
}

export interface UserQuery extends ResourceQuery {
  /** Whether the groups of each user are wanted; where not, no membership is read. */
  readonly groups: boolean
}

export interface GroupQuery extends ResourceQuery {
  /** Whether the members of each group are wanted; where not, no membership is read. */
  readonly members: boolean
}

export interface ResourcePage {
  /** How many the filter selects; null with cursors, where nobody counts. */
  readonly total: number | null
  readonly resources: readonly StoredResource[]
  /** Where to go on; null on the last page. */
  readonly next: CursorPosition | null
}
