import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { createGate, takeTurn } from './admit-connection.ts'
import { sendFault } from './answer.ts'
import { mountBulk } from './bulk-route.ts'
import { ConnectionLog } from './connection-log.ts'
import { CursorBox } from './cursor.ts'
import { describeFault, HttpFault, kindOf } from './describe-fault.ts'
import { mountDiscovery } from './discovery-routes.ts'
import { type Exchange, findExchange, openExchange } from './exchange.ts'
import { explainMissing } from './places.ts'
import { readJson } from './read-json.ts'
import { groupEndpoint, userEndpoint } from './resource-endpoint.ts'
import { mountResources } from './resource-routes.ts'
import { scimLimits } from './scim-limits.ts'
import { defineScimMetrics } from './scim-metrics.ts'
import type { ScimServerWorld } from './scim-server-world.ts'

/** Where the service provider stands. */
export const scimPrefix = '/scim/v2'

/**
 * The SCIM 2.0 service provider (RFC 7643, RFC 7644, RFC 9865): a world of its own below `/scim/v2`, with its own
 * bodies, faults and media type. Every answer of it is `application/scim+json`.
 */
export function mountScim(app: FastifyInstance, world: ScimServerWorld, registry: Registry): void {
  const log = new ConnectionLog({
    ...world.scim,
    log: world.log,
    onError: (err) => app.log.warn({ err }, 'What connections did was not written down.'),
  })
  app.addHook('onClose', () => log.close())
  const baseUrl = () => `${world.publicUrl ?? listeningUrl(app)}${scimPrefix}`
  void app.register(
    (scope, _options, registered) => {
      scope.setErrorHandler(answerFault)
      scope.setNotFoundHandler((request) => {
        throw explainMissing(pathOf(request))
      })
      readBodies(scope)
      admitRequests(scope, world)
      observeAnswers(scope, log, defineScimMetrics(registry))
      const cursors = new CursorBox(world.keys, world.scim.clock)
      const endpoints = [userEndpoint(world), groupEndpoint(world)]
      for (const endpoint of endpoints) mountResources(scope, { endpoint, cursors, baseUrl })
      mountBulk(scope, world, baseUrl)
      mountDiscovery(scope, { baseUrl, schemas: endpoints.map(({ schema }) => schema) })
      registered()
    },
    { prefix: scimPrefix },
  )
}

/** Whether a request is for SCIM, so that even what fails before any route is answered as SCIM does. */
export function isForScim({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return url.startsWith(scimPrefix) && /^[/?]?$/.test(url.charAt(scimPrefix.length))
}

/** Answers any fault, and keeps it where it is a connection's. */
export function answerFault(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fault = describeFault(error)
  if (fault.status >= 500 && fault.status !== 501) request.log.error({ err: error }, 'A request failed.')
  const { status, detail } = fault
  findExchange(request)?.refusals.push({
    method: request.method.slice(0, longestMethod),
    path: nameOfPath(request),
    status,
    kind: kindOf(fault),
    detail,
  })
  return sendFault(reply, fault)
}

const longestMethod = 16

/** Before the body is read: what a stranger sends, or sends too fast, is not looked at. */
function admitRequests(scope: FastifyInstance, world: ScimServerWorld): void {
  const admit = createGate(world, () => performance.now())
  scope.addHook('onRequest', async (request) => {
    const admission = await admit(request)
    openExchange(request, admission)
    takeTurn(admission)
    if (request.is404) throw explainMissing(pathOf(request))
    checkMediaType(request)
  })
}

function checkMediaType({ method, headers }: FastifyRequest): void {
  if (method === 'GET' || method === 'DELETE') return
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new HttpFault(415, 'Bodies are taken as they are, without a Content-Encoding.', {
      'accept-encoding': 'identity',
    })
  const type = headers['content-type']
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
  if (type === undefined ? !isEmpty : !/^application\/(scim\+)?json\s*(;|$)/i.test(type))
    throw new HttpFault(415, 'Bodies are application/scim+json or application/json.', {
      'accept-post': 'application/scim+json, application/json',
    })
}

/** Every body is JSON by now; one that comes with a DELETE means nothing. */
function readBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: scimLimits.resourceBytes },
    (request, body, done) => {
      try {
        done(null, request.method === 'DELETE' || !Buffer.isBuffer(body) ? undefined : readJson(body))
      } catch (error) {
        done(error instanceof Error ? error : new Error('A body could not be read.', { cause: error }))
      }
    },
  )
}

function observeAnswers(
  scope: FastifyInstance,
  log: ConnectionLog,
  measure: ReturnType<typeof defineScimMetrics>,
): void {
  scope.addHook('onResponse', async (request, reply) => {
    const exchange = findExchange(request)
    if (exchange === undefined) return
    const { source } = exchange.connection
    log.note({ source, refusals: exchange.refusals })
    measure({
      source,
      resource: resourceOf(request),
      method: request.method,
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
      refused: kindsOf(exchange),
    })
  })
}

function kindsOf({ refusals }: Exchange): readonly string[] {
  return refusals.map(({ kind }) => kind)
}

/** Below the prefix, without the query. */
function pathOf({ url }: FastifyRequest): string {
  return (url.split('?', 1)[0] ?? '').slice(scimPrefix.length)
}

const resources: ReadonlySet<string> = new Set([
  'Users',
  'Groups',
  'Bulk',
  'ServiceProviderConfig',
  'ResourceTypes',
  'Schemas',
  'Me',
])

function resourceOf(request: FastifyRequest): string {
  const [, first = ''] = pathOf(request).split('/')
  return resources.has(first) ? first : 'other'
}

/** The path for operators: what is no id of ours may name a person. */
function nameOfPath(request: FastifyRequest): string {
  const [, first = '', second] = pathOf(request).split('/')
  if (!resources.has(first)) return scimPrefix
  const below =
    second === undefined
      ? ''
      : /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\.search)$/.test(second)
        ? `/${second}`
        : '/…'
  return `${scimPrefix}/${first}${below}`
}

/** Asked for with every answer, and never another one while the server listens. */
const origins = new WeakMap<FastifyInstance, string>()

function listeningUrl(app: FastifyInstance): string {
  const known = origins.get(app)
  if (known !== undefined) return known
  if (!app.server.listening) return 'http://localhost'
  const origin = app.listeningOrigin
  origins.set(app, origin)
  return origin
}
