import type { StoredResource } from '../../domain/scim-resource.ts'
import { describeResource } from '../../scim/filter/describe-resource.ts'
import { parseResourceFilter } from '../../scim/filter/parse-resource-filter.ts'
import { listResponse } from '../../scim/list-response.ts'
import { includes, parseProjection } from '../../scim/projection.ts'
import { renderResource } from '../../scim/render-resource.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import type { ResourceSchema } from '../../scim/scim-schema.ts'
import type { CursorPosition, ResourceSort } from '../../store/read/resource-query.ts'
import type { CursorBox, CursorScope } from './cursor.ts'
import type { Exchange } from './exchange.ts'
import type { ListRequest } from './list-request.ts'
import type { ResourceEndpoint } from './resource-endpoint.ts'

/** What lists are answered with. */
export interface Listing {
  readonly endpoint: ResourceEndpoint
  readonly cursors: CursorBox
  readonly baseUrl: string
}

/**
 * A page of resources as a ListResponse (RFC 7644 section 3.4.2, RFC 9865). Throws `invalidFilter`, `invalidValue`,
 * the faults of cursors, and `tooMany` where the filter would read without bound.
 */
export async function listResources(
  { endpoint, cursors, baseUrl }: Listing,
  { connection, tokenId }: Pick<Exchange, 'connection' | 'tokenId'>,
  request: ListRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const { schema } = endpoint
  const projection = parseProjection(schema, request)
  const filter =
    request.filter === null
      ? null
      : parseResourceFilter(schema, request.filter, { maxBytes: request.filterBytes })
  const sort = findSort(schema, request)
  const { source } = connection
  const query = JSON.stringify([request.filter, request.sortBy, request.descending])
  const scope = { source, tokenId, resource: schema.type, query, count: request.count }
  const page = await endpoint.page(
    source,
    { filter, sort, page: pageOf(request, cursors, scope) },
    includes(projection, endpoint.membership),
  )
  const render = (resource: StoredResource) => renderResource(schema, resource, { baseUrl, projection })
  const isByCursor = request.cursor !== null
  return listResponse(page.resources.map(render), {
    total: page.total,
    startIndex: isByCursor ? null : request.startIndex,
    nextCursor: isByCursor && page.next !== null ? cursors.seal(page.next, scope) : null,
  })
}

function pageOf({ cursor, startIndex, count }: ListRequest, cursors: CursorBox, scope: CursorScope) {
  // A count of 0 asks for the total alone, whatever the way of paging.
  if (cursor === null || count === 0) return { kind: 'index', start: startIndex, count } as const
  const after = cursor === '' ? null : (cursors.open(cursor, scope) as CursorPosition)
  return { kind: 'cursor', after, count } as const
}

function findSort(
  schema: ResourceSchema,
  { sortBy, descending }: Pick<ListRequest, 'sortBy' | 'descending'>,
): ResourceSort | null {
  if (sortBy === null) return null
  const attribute = describeResource(schema).attributes.get(sortBy.toLowerCase())
  if (attribute === undefined)
    throw new ScimFault(400, 'invalidValue', 'sortBy names no attribute of this resource that has an order.')
  return { attribute, descending }
}
