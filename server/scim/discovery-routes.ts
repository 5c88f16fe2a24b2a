import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { describeProvider, describeResourceTypes, describeSchemas } from '../../scim/discovery.ts'
import { listResponse } from '../../scim/list-response.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import type { ResourceSchema } from '../../scim/scim-schema.ts'
import { sendDocument } from './answer.ts'
import { cursorTimeoutSeconds } from './cursor.ts'
import { exchangeOf } from './exchange.ts'
import { foldNames } from './list-request.ts'
import { scimLimits } from './scim-limits.ts'

/** What discovery tells of. */
export interface Discovery {
  readonly baseUrl: () => string
  readonly schemas: readonly ResourceSchema[]
}

/** ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 section 4). */
export function mountDiscovery(app: FastifyInstance, { baseUrl, schemas }: Discovery): void {
  const options = { exposeHeadRoute: false }
  app.get('/ServiceProviderConfig', options, async (request, reply) => {
    refuseFilter(request)
    const { strict } = exchangeOf(request).connection
    return sendOne(reply, describeProvider(baseUrl(), { strict, ...provider }))
  })
  mountCollection(app, '/ResourceTypes', () => describeResourceTypes(baseUrl(), schemas))
  mountCollection(app, '/Schemas', () => describeSchemas(baseUrl(), schemas))
}

const provider = {
  bulk: { maxOperations: scimLimits.bulkOperations, maxPayloadSize: scimLimits.bulkBytes },
  pages: {
    defaultSize: scimLimits.defaultPage,
    maxSize: scimLimits.largestPage,
    cursorSeconds: cursorTimeoutSeconds,
  },
} as const

type Described = Readonly<Record<string, unknown>> & { readonly id: string }

function mountCollection(app: FastifyInstance, place: string, describe: () => readonly Described[]): void {
  const options = { exposeHeadRoute: false }
  app.get(place, options, async (request, reply) => {
    refuseFilter(request)
    const all = describe()
    const page = { total: all.length, startIndex: 1, nextCursor: null }
    return sendDocument(reply, 200, listResponse(all, page))
  })
  app.get<{ Params: { readonly id: string } }>(`${place}/:id`, options, async (request, reply) => {
    refuseFilter(request)
    // Names of schemas count in any case (RFC 7643 section 2.1).
    const wanted = request.params.id.toLowerCase()
    const found = describe().find(({ id }) => id.toLowerCase() === wanted)
    if (found === undefined) throw new ScimFault(404, null, 'There is nothing of this name.')
    return sendOne(reply, found)
  })
}

/** RFC 7644 section 4: a filter is refused, order and pages are passed over. */
function refuseFilter({ query }: FastifyRequest): void {
  if (foldNames(query).has('filter')) throw new ScimFault(403, null, 'Discovery takes no filter.')
}

function sendOne(reply: FastifyReply, document: Readonly<Record<string, unknown>>): FastifyReply {
  const { location } = document['meta'] as { readonly location: string }
  return sendDocument(reply.header('content-location', location), 200, document)
}
