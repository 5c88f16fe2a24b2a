import { z } from 'zod'
import { type ManualRight, setManualRight } from '../application/set-manual-right.ts'
import type { Right } from '../domain/right.ts'
import { getIdentity } from '../store/read/identities.ts'
import { actorOf } from './api/acting.ts'
import type { ApiWorld } from './api/api-world.ts'
import { right } from './api/identity-shapes.ts'
import { defineRoute, type Route } from './api/route.ts'
import { factor, id, reason, time } from './api/shapes.ts'

const tag = 'Rights'
const path = '/v1/identities/{id}/rights/{factor}'
const access = { kind: 'scope', scope: 'admin' } as const
const params = z.strictObject({ id, factor })

/** A person's decision on a right, beside the policies'. */
export function listRightRoutes(world: ApiWorld): readonly Route[] {
  return [setRoute(world), clearRoute(world)]
}

function setRoute(world: ApiWorld): Route {
  return defineRoute({
    method: 'PUT',
    path,
    operationId: 'setRight',
    tag,
    summary: 'Grants or denies a right by hand; the last word counts, and every run leaves it.',
    access,
    params,
    body: z.strictObject({
      effect: z.enum(['grant', 'deny']).describe('A denial beats every grant.'),
      reason,
      until: time.nullable().default(null).describe('When a grant ends by itself.'),
    }),
    answers: { 200: { meaning: 'The right as it is now.', schema: right } },
    problems: ['not-found', 'usage'],
    handle: async ({ params: named, body, caller }) => {
      const request = { ...body, identityId: named.id, factor: named.factor, actor: actorOf(caller) }
      return { status: 200, body: await changeRight(world, request) }
    },
  })
}

function clearRoute(world: ApiWorld): Route {
  return defineRoute({
    method: 'DELETE',
    path,
    operationId: 'clearRight',
    tag,
    summary: "Takes a person's grant or denial back; the policies' word stands again.",
    access,
    params,
    query: z.strictObject({ reason: z.string().max(500).optional().describe('For the audit trail.') }),
    answers: { 200: { meaning: 'The right as it is now.', schema: right } },
    problems: ['not-found'],
    handle: async ({ params: named, query, caller }) => {
      const by = { actor: actorOf(caller), reason: query.reason ?? null, until: null }
      const request = { ...by, identityId: named.id, factor: named.factor, effect: 'clear' } as const
      return { status: 200, body: await changeRight(world, request) }
    },
  })
}

async function changeRight({ challenges, nudge }: ApiWorld, request: ManualRight): Promise<Right> {
  const { store, clock } = challenges
  await setManualRight({ store, clock }, request)
  nudge()
  const { rights } = await getIdentity(store.database, request.identityId, null)
  const none = { factor: request.factor, effective: false, clients: null, origins: [], denials: [] }
  // Where nobody says anything of a right, no row is kept.
  return rights.find(({ factor: one }) => one === request.factor) ?? none
}
