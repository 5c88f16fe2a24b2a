import type { FastifyInstance } from 'fastify'
import type { ChallengeWorld } from '../application/challenges/challenge-world.ts'
import { mountRoutes } from './api/mount-routes.ts'
import type { Route } from './api/route.ts'
import { listChallengeRoutes } from './challenges.ts'
import { mountDocsPage } from './docs-page.ts'
import { listEnrollmentRoutes } from './enrollments.ts'
import { listFactorRoutes } from './factors.ts'
import { describeApi, mountApiDocument } from './openapi.ts'

/** Everything that the API needs of the world. */
export interface ApiWorld {
  readonly challenges: ChallengeWorld
  /** Tells the workflows that something became due. Neither waits nor throws. */
  readonly nudge: () => void
  /** Of this build. */
  readonly version: string
}

/** `/v1`, with its description for programs (`/openapi.json`) and for people (`/docs`). */
export function mountApi(app: FastifyInstance, world: ApiWorld): void {
  const routes = listRoutes(world)
  mountRoutes(app, world.challenges, routes)
  const document = describeApi(routes, world)
  mountApiDocument(app, document)
  mountDocsPage(app, document)
}

/** Every operation, by feature. */
export function listRoutes({ challenges, nudge }: ApiWorld): readonly Route[] {
  return [
    ...listChallengeRoutes(challenges),
    ...listFactorRoutes(challenges),
    ...listEnrollmentRoutes(challenges, nudge),
  ]
}
