import { z } from 'zod'
import { cancelChallenge } from '../application/challenges/cancel-challenge.ts'
import type { ChallengeWorld } from '../application/challenges/challenge-world.ts'
import { createChallenge } from '../application/challenges/create-challenge.ts'
import { readChallenge } from '../application/challenges/read-challenge.ts'
import { resendCode } from '../application/challenges/resend-code.ts'
import { selectEnrollment } from '../application/challenges/select-enrollment.ts'
import { verifyCode } from '../application/challenges/verify-code.ts'
import { requireClient } from './api/require-client.ts'
import { type ApiRequest, defineRoute, type Route } from './api/route.ts'
import { actor, challenge, context, factor, id, identityName, locale, passed } from './api/shapes.ts'
import { requireActor } from './api/stated-actor.ts'

const byId = z.strictObject({ id })
const tag = 'Challenges'
const access = { kind: 'client' } as const
const unavailable = [
  'not-available',
  'no-right',
  'not-enrolled',
  'not-proven',
  'disabled',
  'locked',
  'undeliverable',
  'right-missing',
] as const

/** The operations on challenges. A challenge is there for its own client alone. */
export function listChallengeRoutes(world: ChallengeWorld): readonly Route[] {
  return [
    createRoute(world),
    readRoute(world),
    selectRoute(world),
    verifyRoute(world),
    resendRoute(world),
    cancelRoute(world),
  ]
}

/** Who asks, and for which challenge. */
function nameOf(request: ApiRequest<{ readonly id: string }, unknown, unknown>) {
  return { client: requireClient(request), challengeId: request.params.id }
}

function createRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/challenges',
    operationId: 'createChallenge',
    tag,
    summary: 'Sends a code, or asks where it should go.',
    access,
    isIdempotent: true,
    body: z.strictObject({
      identity: identityName,
      factor,
      enrollmentId: id.nullable().default(null).describe('The one to use; left out: the one that can be.'),
      purpose: z
        .enum(['authentication', 'enrollment'])
        .default('authentication')
        .describe('authentication asks for an enrolled address; enrollment proves a pending one.'),
      context,
      locale,
      actor: actor.nullable().default(null),
    }),
    answers: { 201: { meaning: 'The challenge began.', schema: challenge } },
    problems: [
      ...unavailable,
      'not-found',
      'ambiguous-identity',
      'idempotency-conflict',
      'too-many-requests',
    ],
    handle: async (request) => {
      const { body, idempotencyKey } = request
      const asked = body.actor === null ? null : requireActor(request, body.actor)
      const view = await createChallenge(world, {
        ...body,
        actor: asked,
        client: requireClient(request),
        idempotencyKey,
      })
      return { status: 201, body: view, headers: { location: `/v1/challenges/${view.id}` } }
    },
  })
}

function readRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/challenges/{id}',
    operationId: 'readChallenge',
    tag,
    summary: 'How a challenge and its message stand.',
    access,
    params: byId,
    answers: { 200: { meaning: 'The challenge.', schema: challenge } },
    problems: ['not-found'],
    handle: async (request) => ({ status: 200, body: await readChallenge(world, nameOf(request)) }),
  })
}

function selectRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/challenges/{id}/select',
    operationId: 'selectEnrollment',
    tag,
    summary: 'The person chose where the code goes.',
    access,
    params: byId,
    body: z.strictObject({ enrollmentId: id }),
    answers: { 200: { meaning: 'The code is on its way.', schema: challenge } },
    problems: [...unavailable, 'not-found', 'code-expired', 'too-many-requests'],
    handle: async (request) => ({
      status: 200,
      body: await selectEnrollment(world, { ...nameOf(request), ...request.body }),
    }),
  })
}

function verifyRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/challenges/{id}/verify',
    operationId: 'verifyCode',
    tag,
    summary: 'Checks a typed code.',
    access,
    params: byId,
    body: z.strictObject({
      code: z.string().min(1).max(64).describe('As it was typed; spaces and separators do not matter.'),
    }),
    answers: { 200: { meaning: 'The code was right; it cannot be used again.', schema: passed } },
    problems: ['invalid-code', 'code-expired', 'locked', 'choice-missing', 'not-found'],
    handle: async (request) => ({
      status: 200,
      body: await verifyCode(world, { ...nameOf(request), code: request.body.code }),
    }),
  })
}

function resendRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/challenges/{id}/resend',
    operationId: 'resendCode',
    tag,
    summary: 'Sends the same code once more.',
    access,
    params: byId,
    answers: { 200: { meaning: 'The code is on its way again.', schema: challenge } },
    problems: [
      ...unavailable,
      'not-found',
      'choice-missing',
      'code-expired',
      'no-more-sends',
      'too-many-requests',
    ],
    handle: async (request) => ({ status: 200, body: await resendCode(world, nameOf(request)) }),
  })
}

function cancelRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v1/challenges/{id}',
    operationId: 'cancelChallenge',
    tag,
    summary: 'Gives a challenge up.',
    access,
    params: byId,
    answers: { 204: { meaning: 'It has ended.', schema: null } },
    problems: ['not-found'],
    handle: async (request) => {
      await cancelChallenge(world, nameOf(request))
      return { status: 204 }
    },
  })
}
