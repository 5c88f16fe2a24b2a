import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { answerError, answerFaults } from './answer-faults.ts'
import type { ApiWorld } from './api/api-world.ts'
import { mountApi } from './api.ts'
import { mountHealth, type ReadinessCheck } from './health.ts'
import { type Help, noHelp } from './help.ts'
import { type MetricsSource, mountMetrics } from './metrics.ts'
import { mountOutboxPage, type OutboxView } from './outbox-page.ts'
import { describeProblem, problemMediaType } from './problem.ts'
import { mountProviderCallbacks, type ProviderCallbacks } from './provider-callbacks.ts'
import { refuseWhile } from './refuse-while.ts'
import { logRequests } from './request-log.ts'
import { answerFault, isForScim, mountScim } from './scim/mount-scim.ts'
import type { ScimServerWorld } from './scim/scim-server-world.ts'
import { addSecurityHeaders } from './security-headers.ts'

/** Everything that the server needs of the world. */
export interface ServerWorld {
  readonly checks: readonly ReadinessCheck[]
  readonly metrics: MetricsSource
  readonly logger: FastifyBaseLogger
  /** What people can try when something was refused; left out: nothing is said. */
  readonly help?: Help
  /** The API; left out: this server has none. */
  readonly api?: ApiWorld
  /** What connections push to; left out: there is no `/scim/v2`. */
  readonly scim?: ScimServerWorld
  /** What providers may tell; left out: nothing. */
  readonly callbacks?: ProviderCallbacks
  /** The messages of the embedded mode; left out: there is no page of them. */
  readonly outbox?: OutboxView
  /** PEM texts: the server speaks HTTPS; left out or null: HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | null
  /** Whose X-Forwarded headers count: nobody's, whoever's connects, or those of these addresses and ranges. */
  readonly trustProxy?: boolean | readonly string[]
  /** Adds the hooks of tracing; left out: nothing is traced. */
  readonly trace?: (app: FastifyInstance) => void
  /** Why nothing but health and metrics is answered for now, or null; left out: everything is. */
  readonly refusal?: () => string | null
}

/** Builds the server without listening; whoever listens decides where, and closes it. */
export function buildServer(world: ServerWorld): FastifyInstance {
  const app = openFastify(world)
  world.trace?.(app)
  addSecurityHeaders(app)
  logRequests(app)
  if (world.refusal !== undefined) refuseWhile(app, world.refusal)
  answerFaults(app, world.help ?? noHelp)
  const registry = mountMetrics(app, world.metrics)
  mountHealth(app, world.checks)
  if (world.api !== undefined) mountApi(app, world.api)
  if (world.scim !== undefined) mountScim(app, world.scim, registry)
  if (world.callbacks !== undefined) mountProviderCallbacks(app, world.callbacks)
  if (world.outbox !== undefined) mountOutboxPage(app, world.outbox)
  return app
}

function openFastify({ logger, tls = null, trustProxy = false }: ServerWorld): FastifyInstance {
  const options = {
    ...limits,
    ...manners,
    loggerInstance: logger,
    // One proxy at most where it is not named: what stands left of it in the header is anybody's word.
    trustProxy: typeof trustProxy === 'boolean' ? trustProxy && isPeer : [...trustProxy],
  } as const
  if (tls === null) return fastify(options)
  const https = { ...limits.http, ...tls, minVersion: 'TLSv1.2' } as const
  // Routes do not see which server carries them.
  return fastify<Server>({ ...options, https }) as unknown as FastifyInstance
}

/** Whether an address of the chain is that of whoever connected. */
function isPeer(_address: string, hop: number): boolean {
  return hop === 0
}

/** Bytes and milliseconds. Small, because nothing that is asked here is large. */
const limits = {
  bodyLimit: 64 * 1024,
  connectionTimeout: 30_000,
  keepAliveTimeout: 5_000,
  requestTimeout: 15_000,
  http: { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, connectionsCheckingInterval: 1_000 },
  routerOptions: { maxParamLength: 256 },
} as const

const manners = {
  // Fastify's own request lines carry the whole URL, and a query may name a person.
  logController: new LogController({ disableRequestLogging: true }),
  return503OnClosing: true,
  forceCloseConnections: 'idle',
  frameworkErrors: answerBeforeRoutes,
  clientErrorHandler: answerBrokenRequest,
} as const

/** For faults before any route is known. */
function answerBeforeRoutes(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (isForScim(request)) answerFault(error, request, reply)
  else answerError(error, request, reply)
}

/** What is not HTTP at all, or too large to be read: no request exists yet, so the answer is written by hand. */
function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, phrase, code] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large', 'too-large'] as const)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout', 'request-timeout'] as const)
        : ([400, 'Bad Request', 'invalid-request'] as const)
  const body = JSON.stringify(describeProblem(code, status, 'The request could not be read.'))
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: ${problemMediaType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
