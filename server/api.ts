import type { FastifyInstance } from 'fastify'
import type { ApiWorld } from './api/api-world.ts'
import { mountRoutes } from './api/mount-routes.ts'
import type { Route } from './api/route.ts'
import { listAuditRoutes } from './audit-events.ts'
import { listChallengeRoutes } from './challenges.ts'
import { listDeliveryRoutes } from './deliveries.ts'
import { mountDocsPage } from './docs-page.ts'
import { listEnrollmentRoutes } from './enrollments.ts'
import { listFactorRoutes } from './factors.ts'
import { listIdentityRoutes } from './identities.ts'
import { listListedEnrollmentRoutes } from './listed-enrollments.ts'
import { describeApi, mountApiDocument } from './openapi.ts'
import { listPolicyRoutes } from './policies.ts'
import { listRightRoutes } from './rights.ts'
import { listRunRoutes } from './runs.ts'
import { listSourceRoutes } from './sources.ts'
import { listStatusRoutes } from './status.ts'
import { listTokenRoutes } from './tokens.ts'

/** `/v1`, with its description for programs (`/openapi.json`) and for people (`/docs`). */
export function mountApi(app: FastifyInstance, world: ApiWorld): void {
  const routes = listRoutes(world)
  mountRoutes(app, { ...world.challenges, authenticate: world.authenticate }, routes)
  const document = describeApi(routes, world)
  mountApiDocument(app, document)
  mountDocsPage(app, document)
}

/** Every operation, by feature. */
export function listRoutes(world: ApiWorld): readonly Route[] {
  const { challenges, nudge } = world
  return [
    ...listChallengeRoutes(challenges),
    ...listFactorRoutes(challenges),
    ...listEnrollmentRoutes(challenges, nudge),
    ...listIdentityRoutes(world),
    ...listRightRoutes(world),
    ...listListedEnrollmentRoutes(world),
    ...listSourceRoutes(world),
    ...listRunRoutes(world),
    ...listPolicyRoutes(world),
    ...listDeliveryRoutes(world),
    ...listAuditRoutes(world),
    ...listStatusRoutes(world),
    ...listTokenRoutes(world),
  ]
}
