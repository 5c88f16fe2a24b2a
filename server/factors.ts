import { z } from 'zod'
import type { ChallengeWorld } from '../application/challenges/challenge-world.ts'
import { listFactors } from '../application/challenges/list-factors.ts'
import { requireClient } from './api/require-client.ts'
import { defineRoute, type Route } from './api/route.ts'
import { factorList, id } from './api/shapes.ts'

/** What a person can sign in with at this client. */
export function listFactorRoutes(world: ChallengeWorld): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/identities/{id}/factors',
      operationId: 'listFactors',
      tag: 'Factors',
      summary: 'The factors that a challenge could be made with, and where a code could go.',
      access: { kind: 'client' },
      params: z.strictObject({ id }),
      answers: {
        200: {
          meaning: 'Usable factors; trusted clients see the others too, with the reason.',
          schema: factorList,
        },
      },
      problems: ['not-found'],
      handle: async (request) => {
        const client = requireClient(request)
        const factors = await listFactors(world, { client, identity: request.params })
        return { status: 200, body: { factors } }
      },
    }),
  ]
}
