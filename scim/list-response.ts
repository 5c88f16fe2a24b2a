/** Where a page stands in its list. */
export interface PageOfList {
  /** Of the whole list; null: not counted (RFC 9865 section 2). */
  readonly total: number | null
  /** By index: the place of the first resource, from 1. Null: paged by cursor. */
  readonly startIndex: number | null
  /** By cursor: what asks for the next page. Null: this is the last one, or pages go by index. */
  readonly nextCursor: string | null
}

/** A ListResponse (RFC 7644 section 3.4.2). `Resources` is there even when nothing was found: clients count on it. */
export function listResponse(
  resources: readonly unknown[],
  { total, startIndex, nextCursor }: PageOfList,
): Readonly<Record<string, unknown>> {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    ...(total === null ? {} : { totalResults: total }),
    itemsPerPage: resources.length,
    ...(startIndex === null ? {} : { startIndex }),
    ...(nextCursor === null ? {} : { nextCursor }),
    Resources: resources,
  }
}
