import { z } from 'zod'
import { enrollmentStatuses } from '../domain/enrollment.ts'
import { factors } from '../domain/factor.ts'
import { readStatus, readVersions } from '../store/read/status.ts'
import type { ApiWorld } from './api/api-world.ts'
import { defineRoute, type Route } from './api/route.ts'
import { run, sources } from './api/run-shapes.ts'
import { id, time } from './api/shapes.ts'

const count = z.int()
const status = z
  .strictObject({
    sources,
    lastRuns: z.array(run),
    policySet: z.strictObject({ id: z.string(), since: time }).nullable().describe('In force.'),
    identities: z.strictObject({ total: count, active: count }),
    rights: z.partialRecord(z.enum(factors), count).describe('Effective ones.'),
    enrollments: z.partialRecord(z.enum(enrollmentStatuses), count),
    due: z.strictObject({ total: count, oldest: time.nullable() }).describe('Who waits for a decision.'),
    held: z.strictObject({ total: count, runs: z.array(id) }).describe('Who waits for a verdict.'),
    audit: z
      .strictObject({
        seal: count.nullable().describe('Number of the newest seal.'),
        sealedAt: time.nullable(),
        unsealed: count.describe('Events that are not sealed yet.'),
        unsealedSince: time.nullable(),
      })
      .describe('The chain of seals over audit events.'),
    temporal: z
      .strictObject({
        address: z.string(),
        namespace: z.string(),
        version: z.string(),
        queue: z.strictObject({
          name: z.string(),
          backlog: count,
          pollers: z.strictObject({ workflows: count, activities: count }),
        }),
      })
      .nullable()
      .describe('null: it does not answer.'),
    versions: z.strictObject({
      ...{ muster: z.string(), node: z.string(), postgres: z.string() },
      schema: z.string().nullable(),
    }),
  })
  .meta({ id: 'Status', description: 'The whole: what is there, what waits, what happened last.' })

/** How everything stands. It counts tables: for people and dashboards, not for a path that is hot. */
export function listStatusRoutes({ challenges, describeTemporal, version }: ApiWorld): readonly Route[] {
  const { database } = challenges.store
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/status',
      operationId: 'readStatus',
      tag: 'Status',
      summary: 'Sources, newest runs, what is due or held, queues and versions.',
      access: { kind: 'scope', scope: 'read' },
      answers: { 200: { meaning: 'As it is now.', schema: status } },
      handle: async () => {
        const [store, versions, temporal] = await Promise.all([
          readStatus(database),
          readVersions(database),
          describeTemporal(),
        ])
        const all = { muster: version, node: process.versions.node, ...versions }
        return { status: 200, body: { ...store, temporal, versions: all } }
      },
    }),
  ]
}
