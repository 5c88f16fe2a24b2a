import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { MusterError } from '../../domain/error.ts'
import { findUnstorable } from '../../domain/storable-text.ts'
import { describeProblem, sendProblem } from '../problem.ts'
import { type Admission, type AuthorisationWorld, admit } from './authorise.ts'
import { RequestFault } from './request-fault.ts'
import type { Route } from './route.ts'

/** Mounts operations: each lets callers in by its access, then checks the parts of the request, then answers. */
export function mountRoutes(app: FastifyInstance, world: AuthorisationWorld, routes: readonly Route[]): void {
  const admissions = new WeakMap<FastifyRequest, Admission>()
  readEmptyBodies(app)
  for (const route of routes) {
    app.route({
      method: route.method,
      url: writePattern(route.path),
      // GET without HEAD: nothing here is worth a second verb.
      exposeHeadRoute: false,
      // Before the body is read: what a stranger sends is not looked at.
      onRequest: async (request) => {
        admissions.set(request, await admit(world, request, route.access))
      },
      handler: (request, reply) => {
        const admission = admissions.get(request)
        if (admission === undefined) throw new Error('A request reached its handler without being let in.')
        return answer(route, admission, request, reply)
      },
    })
  }
  refuseOtherMethods(app, routes)
}

/** RFC 9110 section 15.5.6: a path that is known answers a method that is not with those that are. */
function refuseOtherMethods(app: FastifyInstance, routes: readonly Route[]): void {
  const known = new Map<string, string[]>()
  for (const { path, method } of routes) known.set(path, [...(known.get(path) ?? []), method])
  for (const [path, methods] of known) {
    app.route({
      method: everyMethod.filter((method) => !methods.includes(method)),
      url: writePattern(path),
      exposeHeadRoute: false,
      // Before the body: nothing of it matters.
      onRequest: async (request, reply) => {
        const problem = describeProblem('method-not-allowed', 405, `${request.method} is not answered here.`)
        return sendProblem(reply.header('allow', methods.join(', ')), problem)
      },
      handler: async () => undefined,
    })
  }
}

const everyMethod = [
  ...(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const),
  ...(['TRACE', 'QUERY'] as const),
]

/** A path of OpenAPI as Fastify writes it. */
function writePattern(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

/** Clients that always say `application/json` may send nothing where nothing is taken. */
function readEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, String(body), done)
  })
}

async function answer(
  route: Route,
  { caller, client }: Admission,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parts = {
    params: check('path', route.params, request.params),
    query: check('query', route.query, request.query),
    body: check('body', route.body, request.body),
  }
  const idempotencyKey = route.isIdempotent ? readIdempotencyKey(request) : null
  const { status, body, headers } = await route.handle({ ...parts, caller, client, idempotencyKey })
  return reply
    .code(status)
    .headers(headers ?? {})
    .send(body)
}

/** The parsed part. What was sent is never repeated: it may hold an address or a code. */
function check(place: 'path' | 'query' | 'body', schema: z.ZodType | null, value: unknown): unknown {
  if (schema === null) return undefined
  const parsed = schema.safeParse(value ?? (place === 'body' ? undefined : {}))
  const issues = parsed.success ? refuseUnstorable(parsed.data) : parsed.error.issues
  if (parsed.success && issues.length === 0) return parsed.data
  // A path that cannot name anything names nothing.
  if (place === 'path') throw new MusterError('not-found', 'There is nothing of this name.')
  throw new RequestFault(place, issues)
}

/** JSON and percent-encoding can say characters that no stored text has: here, before any statement meets them. */
function refuseUnstorable(parts: unknown): readonly z.core.$ZodIssue[] {
  const found = findUnstorable(parts)
  const message = 'A character that cannot be kept: U+0000, or half of a surrogate pair.'
  return found === null ? [] : [{ code: 'custom', path: [...found], message }]
}

/** draft-ietf-httpapi-idempotency-key-header-07, section 2.1: an opaque string, with or without its quotes. */
function readIdempotencyKey(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key']
  if (header === undefined) return null
  const key = typeof header === 'string' ? header.replace(/^"(.*)"$/, '$1') : ''
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new MusterError('usage', 'The header Idempotency-Key holds 1 to 255 visible ASCII characters.')
}
