import { z } from 'zod'
import { readSetInForce } from '../application/read-set-in-force.ts'
import { MusterError } from '../domain/error.ts'
import type { ApiWorld } from './api/api-world.ts'
import { defineRoute, type Route } from './api/route.ts'

const policy = z
  .looseObject({
    id: z.string(),
    description: z.string().optional(),
    mode: z.enum(['enforce', 'shadow', 'off']),
    priority: z.int(),
    target: z.string().optional(),
    conditions: z.looseObject({}),
    event: z.looseObject({ type: z.enum(['provision', 'deny']) }),
  })
  .meta({
    id: 'Policy',
    description: 'A policy document; its own JSON Schema is printed by `muster policies schema`.',
  })

const tag = 'Policies'
const access = { kind: 'scope', scope: 'read' } as const

/** The policies in force, as they were loaded. */
export function listPolicyRoutes({ challenges: { store } }: ApiWorld): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/policies',
      operationId: 'listPolicies',
      tag,
      summary: 'The policy set in force.',
      access,
      answers: {
        200: {
          meaning: 'The set, with its digest.',
          schema: z.strictObject({ policySet: z.string(), policies: z.array(policy) }),
        },
      },
      problems: ['not-found'],
      handle: async () => {
        const { id, documents } = await readSetInForce(store)
        return { status: 200, body: { policySet: id, policies: documents } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/policies/{id}',
      operationId: 'readPolicy',
      tag,
      summary: 'One policy of the set in force.',
      access,
      params: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/) }),
      answers: { 200: { meaning: 'The policy.', schema: policy } },
      problems: ['not-found'],
      handle: async ({ params }) => {
        const { documents } = await readSetInForce(store)
        const found = documents.find(({ id }) => id === params.id)
        if (found === undefined) throw new MusterError('not-found', 'The set in force has no such policy.')
        return { status: 200, body: found }
      },
    }),
  ]
}
