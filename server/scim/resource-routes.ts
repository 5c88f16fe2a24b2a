import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Precondition } from '../../application/scim/scim-world.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { includes, type Projection, parseProjection } from '../../scim/projection.ts'
import { renderResource } from '../../scim/render-resource.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import { sendDocument } from './answer.ts'
import type { CursorBox } from './cursor.ts'
import { type Exchange, exchangeOf } from './exchange.ts'
import { readAttributeChoice, readListQuery, readSearch } from './list-request.ts'
import { listResources } from './list-resources.ts'
import { explainMissing } from './places.ts'
import { formatETag, isKnownAlready, prefersMinimal, readIfMatch } from './preconditions.ts'
import type { ResourceEndpoint } from './resource-endpoint.ts'

/** What the routes of a resource type are made of. */
export interface ResourceRoutes {
  readonly endpoint: ResourceEndpoint
  readonly cursors: CursorBox
  /** Of `/scim/v2`, without a slash at the end. */
  readonly baseUrl: () => string
}

interface ById {
  readonly Params: { readonly id: string }
}

/** `/Users` or `/Groups`: the operations of RFC 7644 section 3 on one type of resource. */
export function mountResources(app: FastifyInstance, routes: ResourceRoutes): void {
  const { endpoint } = routes
  const place = endpoint.schema.endpoint
  const options = { exposeHeadRoute: false }
  const list = (request: FastifyRequest) => ({ ...routes, baseUrl: routes.baseUrl(), request })

  app.get(place, options, async (request, reply) => {
    const exchange = exchangeOf(request)
    return sendDocument(
      reply,
      200,
      await listResources(list(request), exchange, readListQuery(request.query)),
    )
  })
  app.post(`${place}/.search`, async (request, reply) => {
    const exchange = exchangeOf(request)
    const asked = readSearch(request.body, exchange.connection)
    return sendDocument(reply, 200, await listResources(list(request), exchange, asked))
  })
  // Else it would be a resource of the id `.search`.
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: `${place}/.search`,
    exposeHeadRoute: false,
    handler: () => {
      throw explainMissing(`${place}/.search`)
    },
  })
  app.post(place, async (request, reply) => {
    const { projection, exchange } = prepare(routes, request)
    const created = await endpoint.create(exchange, requireBody(request))
    reply.header('location', locate(routes, created))
    return sendResource(routes, request, reply, { status: 201, resource: created, projection })
  })
  app.get<ById>(`${place}/:id`, options, async (request, reply) => {
    const { projection, exchange } = prepare(routes, request)
    const wanted = includes(projection, endpoint.membership)
    const resource = await endpoint.read(exchange.connection.source, request.params.id, wanted)
    if (resource === null) throw noResource()
    if (isKnownAlready(request.headers['if-none-match'], resource.version))
      return reply.code(304).header('etag', formatETag(resource.version)).send()
    return sendResource(routes, request, reply, { status: 200, resource, projection })
  })
  app.put<ById>(`${place}/:id`, async (request, reply) => {
    const { projection, exchange } = prepare(routes, request)
    const { id } = request.params
    const precondition = await readPrecondition(endpoint, exchange, id, request.headers['if-match'])
    const resource = await endpoint.replace(exchange, id, requireBody(request), precondition)
    return sendResource(routes, request, reply, { status: 200, resource, projection })
  })
  app.patch<ById>(`${place}/:id`, async (request, reply) => {
    const { projection, exchange, isChosen } = prepare(routes, request)
    const { id } = request.params
    const precondition = await readPrecondition(endpoint, exchange, id, request.headers['if-match'])
    const resource = await endpoint.patch(exchange, id, requireBody(request), precondition)
    // RFC 7644 section 3.5.2: who asks for attributes gets them.
    if (!isChosen && !endpoint.answersPatches) return sendNothing(routes, reply, resource)
    return sendResource(routes, request, reply, { status: 200, resource, projection })
  })
  app.delete<ById>(`${place}/:id`, async (request, reply) => {
    const exchange = exchangeOf(request)
    const { id } = request.params
    const precondition = await readPrecondition(endpoint, exchange, id, request.headers['if-match'])
    await endpoint.remove(exchange, id, precondition)
    return reply.code(204).send()
  })
}

/** Everything that can be wrong with how an answer is wanted, before anything is done. */
function prepare({ endpoint }: ResourceRoutes, request: FastifyRequest) {
  const choice = readAttributeChoice(request.query)
  return {
    projection: parseProjection(endpoint.schema, choice),
    isChosen: choice.attributes !== null || choice.excludedAttributes !== null,
    exchange: exchangeOf(request),
  }
}

function requireBody({ body }: FastifyRequest): unknown {
  if (body === undefined) throw new ScimFault(400, 'invalidSyntax', 'A JSON body is needed.')
  return body
}

function noResource(): ScimFault {
  return new ScimFault(404, null, 'There is no resource of this id.')
}

/** A write takes one version; of several that a client would take, the one that stands is it. */
async function readPrecondition(
  endpoint: ResourceEndpoint,
  { connection }: Exchange,
  id: string,
  header: string | undefined,
): Promise<Precondition> {
  const tags = readIfMatch(header)
  if (tags === null || tags === '*') return { ifMatch: tags }
  if (tags.length === 1) return { ifMatch: tags[0] ?? noVersion }
  const current = await endpoint.read(connection.source, id, false)
  return { ifMatch: current !== null && tags.includes(current.version) ? current.version : noVersion }
}

/** Versions begin with 1. */
const noVersion = -1

function locate({ endpoint, baseUrl }: ResourceRoutes, { id }: StoredResource): string {
  return `${baseUrl()}${endpoint.schema.endpoint}/${id}`
}

function sendNothing(routes: ResourceRoutes, reply: FastifyReply, resource: StoredResource): FastifyReply {
  return reply
    .code(204)
    .header('etag', formatETag(resource.version))
    .header('content-location', locate(routes, resource))
    .send()
}

/** A resource, with its version and address as headers; 204 for a write whose client wants no body (RFC 7240). */
async function sendResource(
  routes: ResourceRoutes,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: { readonly status: number; readonly resource: StoredResource; readonly projection: Projection },
): Promise<FastifyReply> {
  const { endpoint } = routes
  const { status, resource, projection } = answer
  if (request.method !== 'GET' && prefersMinimal(request.headers['prefer'])) {
    return sendNothing(routes, reply.header('preference-applied', 'return=minimal'), resource)
  }
  reply.header('etag', formatETag(resource.version)).header('content-location', locate(routes, resource))
  const whole = await complete(endpoint, exchangeOf(request), resource, projection)
  return sendDocument(
    reply,
    status,
    renderResource(endpoint.schema, whole, { baseUrl: routes.baseUrl(), projection }),
  )
}

/** Writes do not read memberships; where the answer shows them, they are read now. */
async function complete(
  endpoint: ResourceEndpoint,
  { connection }: Exchange,
  resource: StoredResource,
  projection: Projection,
): Promise<StoredResource> {
  if (resource[endpoint.membership] !== null || !includes(projection, endpoint.membership)) return resource
  const read = await endpoint.read(connection.source, resource.id, true)
  return read === null ? resource : { ...resource, [endpoint.membership]: read[endpoint.membership] }
}
