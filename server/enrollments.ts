import { z } from 'zod'
import type { ChallengeWorld } from '../application/challenges/challenge-world.ts'
import { createChallenge } from '../application/challenges/create-challenge.ts'
import { changeAddress } from '../application/change-address.ts'
import { addEnrollment, changeEnrollment } from '../application/change-enrollment.ts'
import { type AddedAddress, enrollAddress } from '../application/enroll-address.ts'
import { requireFreshSignIn } from '../application/fresh-sign-in.ts'
import type { ChallengeView } from '../domain/challenge.ts'
import type { EnrollmentView } from '../domain/identity-view.ts'
import { getEnrollment } from '../store/read/enrollments.ts'
import { requireClient } from './api/require-client.ts'
import { defineRoute, type Route } from './api/route.ts'
import { actor, challenge, context, enrollment, factor, id, locale } from './api/shapes.ts'
import { requireActor } from './api/stated-actor.ts'

const tag = 'Enrollments'
const access = { kind: 'client-or-admin' } as const
const ofIdentity = z.strictObject({ id })
const one = z.strictObject({ id, eid: id })
const typed = {
  address: z.string().min(1).max(320).describe('As it was typed.'),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2, as in DE')
    .nullable()
    .default(null)
    .describe('For a number without a country code.'),
  actor,
  context,
  locale,
}
const added = z
  .strictObject({
    enrollment,
    challenge: challenge.nullable().describe('Whose code proves the address; null: nothing is to be proven.'),
  })
  .describe('An enrollment, and the challenge that proves it.')
const refusals = [
  'right-missing',
  'unusable-address',
  'fresh-sign-in-needed',
  'too-many-enrollments',
] as const

/**
 * The operations on a person's own enrollments, and an administrator's on anybody's. Each makes the identity due, and
 * `nudge` tells the workflows.
 */
export function listEnrollmentRoutes(world: ChallengeWorld, nudge: () => void): readonly Route[] {
  return [addRoute(world), patchRoute(world), removeRoute(world), changeRoute(world)].map((route) => ({
    ...route,
    handle: async (request) => {
      const answer = await route.handle(request)
      nudge()
      return answer
    },
  }))
}

function addRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/identities/{id}/enrollments',
    operationId: 'addEnrollment',
    tag,
    summary: 'Enrolls an address: pending until its code is typed, or attested by an administrator.',
    access,
    params: ofIdentity,
    body: z.strictObject({ factor, ...typed }),
    answers: { 201: { meaning: 'The address is enrolled.', schema: added } },
    problems: [...refusals, 'not-found', 'disabled', 'too-many-requests'],
    handle: async (request) => {
      const { body, params } = request
      requireActor(request, body.actor)
      if (body.actor.kind === 'admin') return { status: 201, body: await attest(world, params.id, body) }
      const client = requireClient(request)
      const enrolled = await enrollAddress(world, { ...body, client, identityId: params.id })
      return { status: 201, body: await prove(world, { ...body, client, identityId: params.id }, enrolled) }
    },
  })
}

function changeRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'PUT',
    path: '/v1/identities/{id}/enrollments/{eid}/address',
    operationId: 'changeAddress',
    tag,
    summary: 'Gives an enrollment another address, which takes its place once it is proven.',
    access: { kind: 'client' },
    params: one,
    body: z.strictObject({
      ...typed,
      challengeId: id
        .nullable()
        .default(null)
        .describe('A challenge that was just passed with another enrollment, instead of a fresh sign-in.'),
    }),
    answers: { 202: { meaning: 'The new address waits for its code.', schema: added } },
    problems: [...refusals, 'not-found', 'disabled', 'already-enrolled', 'too-many-requests'],
    handle: async (request) => {
      const { body, params } = request
      requireActor(request, body.actor)
      const client = requireClient(request)
      const { factor: kind } = await getEnrollment(world.store.database, params.eid, null)
      const change = { ...body, client, identityId: params.id, enrollmentId: params.eid }
      const waiting = await changeAddress(world, change)
      return { status: 202, body: await prove(world, { ...change, factor: kind }, waiting) }
    },
  })
}

function patchRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/v1/identities/{id}/enrollments/{eid}',
    operationId: 'changeEnrollment',
    tag,
    summary: 'Switches an enrollment off or on; an administrator also unlocks.',
    access,
    params: one,
    body: z.strictObject({
      status: z
        .enum(['disabled', 'active'])
        .describe('active takes back what a person switched off, and an administrator’s also unlocks.'),
      reason: z.string().max(500).nullable().default(null),
      actor,
    }),
    answers: { 200: { meaning: 'The enrollment as it is now.', schema: enrollment } },
    problems: ['not-found', 'disabled', 'fresh-sign-in-needed'],
    handle: async (request) => {
      const { body, params } = request
      const by = requireActor(request, body.actor)
      requireFreshSignIn(by, world.clock())
      const changes = changesFor(body.status, by.kind)
      for (const change of changes)
        await changeEnrollment(world, {
          enrollmentId: params.eid,
          identityId: params.id,
          change,
          actor: { kind: by.kind, id: by.id },
          reason: body.reason,
        })
      return { status: 200, body: await showEnrollment(world, params.eid) }
    },
  })
}

function changesFor(status: 'disabled' | 'active', by: 'self' | 'admin') {
  if (status === 'disabled') return ['disable'] as const
  return by === 'admin' ? (['enable', 'unlock'] as const) : (['enable'] as const)
}

function removeRoute(world: ChallengeWorld): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v1/identities/{id}/enrollments/{eid}',
    operationId: 'removeEnrollment',
    tag,
    summary: 'Removes an enrollment; no policy brings it back.',
    access,
    params: one,
    body: z.strictObject({ actor, reason: z.string().max(500).nullable().default(null) }),
    answers: { 204: { meaning: 'It is removed.', schema: null } },
    problems: ['not-found', 'fresh-sign-in-needed'],
    handle: async (request) => {
      const { body, params } = request
      const by = requireActor(request, body.actor)
      requireFreshSignIn(by, world.clock())
      await changeEnrollment(world, {
        enrollmentId: params.eid,
        identityId: params.id,
        change: 'remove',
        actor: { kind: by.kind, id: by.id },
        reason: body.reason,
      })
      return { status: 204 }
    },
  })
}

type TypedBody = z.output<z.ZodObject<typeof typed>>

/** An administrator vouches for an address: nothing is sent. */
async function attest(
  world: ChallengeWorld,
  identityId: string,
  body: TypedBody & { readonly factor: z.output<typeof factor> },
) {
  const settings = { newId: world.newId, country: body.country, countries: world.limits.countries }
  const enrollmentId = await addEnrollment(
    { store: world.store, clock: world.clock, settings },
    {
      identityId,
      factor: body.factor,
      address: body.address,
      actor: { kind: 'admin', id: body.actor.id },
      reason: null,
    },
  )
  return { enrollment: await showEnrollment(world, enrollmentId), challenge: null }
}

/** The challenge whose code proves what was just enrolled. */
async function prove(
  world: ChallengeWorld,
  request: TypedBody & {
    readonly factor: z.output<typeof factor>
    readonly client: string
    readonly identityId: string
  },
  { enrollmentId, needsProof }: AddedAddress,
): Promise<{ readonly enrollment: unknown; readonly challenge: ChallengeView | null }> {
  const begun = needsProof
    ? await createChallenge(world, {
        client: request.client,
        identity: { id: request.identityId },
        factor: request.factor,
        enrollmentId,
        purpose: 'enrollment',
        context: request.context,
        locale: request.locale,
        actor: request.actor,
        idempotencyKey: null,
      })
    : null
  return { enrollment: await showEnrollment(world, enrollmentId), challenge: begun }
}

/** An enrollment without whose it is: a client that knows an id does not learn a name by it. */
async function showEnrollment({ store }: ChallengeWorld, id: string): Promise<EnrollmentView> {
  const { identity: _, ...view } = await getEnrollment(store.database, id, null)
  return view
}
