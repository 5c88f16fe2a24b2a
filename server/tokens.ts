import { z } from 'zod'
import { createToken, revokeToken } from '../application/tokens/create-token.ts'
import { MusterError } from '../domain/error.ts'
import { clientOfScopes, parseScope, type Scope, scopeForms } from '../domain/token.ts'
import { readTokens } from '../store/read/tokens.ts'
import { actorOf } from './api/acting.ts'
import type { ApiWorld } from './api/api-world.ts'
import { defineRoute, type Route } from './api/route.ts'
import { id, time } from './api/shapes.ts'

const tag = 'Tokens'
const access = { kind: 'scope', scope: 'admin' } as const
const scope = z
  .string()
  .regex(/^(read|operate|admin|metrics|(challenge|scim):[A-Za-z][A-Za-z0-9_-]{0,62})$/, scopeForms)
  .describe(scopeForms)
const tokenName = z.string().min(1).max(200).describe('What or who will use it: it acts under this name.')
const common = { id, name: z.string(), scopes: z.array(scope), expiresAt: time.nullable() }

/** Bearer tokens. */
export function listTokenRoutes(world: ApiWorld): readonly Route[] {
  return [listRoute(world), createRoute(world), revokeRoute(world)]
}

function listRoute({ challenges: { store } }: ApiWorld): Route {
  const token = z.strictObject({
    ...common,
    createdAt: time,
    createdBy: z.string(),
    revokedAt: time.nullable(),
    lastUsedAt: time.nullable().describe('To the minute.'),
  })
  return defineRoute({
    method: 'GET',
    path: '/v1/tokens',
    operationId: 'listTokens',
    tag,
    summary: 'Every token, newest first; never the token itself.',
    access,
    answers: {
      200: {
        meaning: 'Revoked and expired ones too.',
        schema: z.strictObject({ tokens: z.array(token) }),
      },
    },
    handle: async () => ({ status: 200, body: { tokens: await readTokens(store.database) } }),
  })
}

function createRoute({ challenges }: ApiWorld): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tokens',
    operationId: 'createToken',
    tag,
    summary: 'Makes a token. The answer shows it, and nothing ever does again.',
    access,
    body: z.strictObject({
      name: tokenName,
      scopes: z.array(scope).min(1).max(20),
      expiresAt: time.nullable().default(null).describe('null: until it is revoked.'),
    }),
    answers: {
      201: { meaning: 'The token.', schema: z.strictObject({ ...common, token: z.string() }) },
    },
    problems: ['usage'],
    handle: async ({ body, caller }) => {
      const scopes = body.scopes.map(parseScope).filter((one): one is Scope => one !== null)
      const client = clientOfScopes(scopes)
      if (client !== null && !challenges.clients.has(client))
        throw new MusterError('usage', 'The configuration has no client of this name.')
      const made = await createToken(challenges, { ...body, scopes, actor: actorOf(caller) })
      return { status: 201, body: made }
    },
  })
}

function revokeRoute({ challenges: { store, clock } }: ApiWorld): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v1/tokens/{id}',
    operationId: 'revokeToken',
    tag,
    summary: 'Ends a token at once and for good.',
    access,
    params: z.strictObject({ id }),
    query: z.strictObject({ reason: z.string().max(500).optional().describe('For the audit trail.') }),
    answers: { 204: { meaning: 'It counts no more.', schema: null } },
    problems: ['not-found'],
    handle: async ({ params, query, caller }) => {
      const request = { id: params.id, actor: actorOf(caller), reason: query.reason ?? null }
      await revokeToken({ store, clock }, request)
      return { status: 204 }
    },
  })
}
