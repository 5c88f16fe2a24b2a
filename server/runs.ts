import { z } from 'zod'
import { decideHeldRun } from '../application/decide-held-run.ts'
import { runStatuses } from '../domain/run.ts'
import { getRun, readRuns } from '../store/read/runs.ts'
import { requireSource } from '../store/read/sources.ts'
import { actorOf } from './api/acting.ts'
import type { ApiWorld } from './api/api-world.ts'
import { describePage, pageQuery, takePage } from './api/list.ts'
import { defineRoute, type Route } from './api/route.ts'
import { run } from './api/run-shapes.ts'
import { id, reason } from './api/shapes.ts'

const tag = 'Runs'
const access = { kind: 'scope', scope: 'read' } as const
const byId = z.strictObject({ id })

/** Runs, and a person's verdict on those that are held. */
export function listRunRoutes(world: ApiWorld): readonly Route[] {
  return [
    listRoute(world),
    readRoute(world),
    verdictRoute(world, 'approve', 'approved', 'Lets a held run take away what its brake holds.'),
    verdictRoute(world, 'reject', 'rejected', 'Drops what a held run would have taken away.'),
  ]
}

function listRoute({ challenges: { store } }: ApiWorld): Route {
  const { database } = store
  return defineRoute({
    method: 'GET',
    path: '/v1/runs',
    operationId: 'listRuns',
    tag,
    summary: 'Runs of sources and roll-outs of policies, newest first.',
    access,
    query: z.strictObject({
      source: z.string().min(1).max(63).optional().describe('Only of this source.'),
      status: z.enum(runStatuses).optional(),
      ...pageQuery,
    }),
    answers: { 200: { meaning: 'A page.', schema: describePage('runs', run) } },
    problems: ['source-unknown'],
    handle: async ({ query: { source, status, limit, cursor } }) => {
      if (source !== undefined) await requireSource(database, source)
      const list = { source: source ?? null, status: status ?? null, limit, after: cursor ?? null }
      const { rows, nextCursor } = await takePage(readRuns(database, list), limit)
      return { status: 200, body: { runs: rows, nextCursor } }
    },
  })
}

function readRoute({ challenges: { store } }: ApiWorld): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/runs/{id}',
    operationId: 'readRun',
    tag,
    summary: 'What one run read, changed, held and could not use.',
    access,
    params: byId,
    answers: { 200: { meaning: 'The run.', schema: run } },
    problems: ['not-found'],
    handle: async ({ params }) => ({ status: 200, body: await getRun(store.database, params.id) }),
  })
}

function verdictRoute(
  { challenges: { store, clock }, runs }: ApiWorld,
  verb: 'approve' | 'reject',
  verdict: 'approved' | 'rejected',
  summary: string,
): Route {
  return defineRoute({
    method: 'POST',
    path: `/v1/runs/{id}/${verb}`,
    operationId: `${verb}Run`,
    tag,
    summary,
    access: { kind: 'scope', scope: 'operate' },
    params: byId,
    body: z.strictObject({ reason }),
    answers: { 200: { meaning: 'The run as it is now.', schema: run } },
    problems: ['not-found', 'run-not-held'],
    handle: async ({ params, body, caller }) => {
      const request = { runId: params.id, verdict, actor: actorOf(caller), reason: body.reason }
      await decideHeldRun({ store, clock }, request)
      if (verdict === 'approved') runs.settle(params.id)
      return { status: 200, body: await getRun(store.database, params.id) }
    },
  })
}
