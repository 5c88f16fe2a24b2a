import { z } from 'zod'
import { requireReadableSource } from '../store/read/readable-source.ts'
import { getRun } from '../store/read/runs.ts'
import { getSource, listSources } from '../store/read/sources.ts'
import { actorOf } from './api/acting.ts'
import type { ApiWorld } from './api/api-world.ts'
import { defineRoute, type Route } from './api/route.ts'
import { run, sourceDetail, sources } from './api/run-shapes.ts'

const tag = 'Sources'
const read = { kind: 'scope', scope: 'read' } as const
const byName = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/)
    .describe('A source, by its name in the configuration.'),
})

/** The systems of record, and reading them. */
export function listSourceRoutes(world: ApiWorld): readonly Route[] {
  return [listRoute(world), readRoute(world), runRoute(world)]
}

function listRoute({ challenges: { store } }: ApiWorld): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/sources',
    operationId: 'listSources',
    tag,
    summary: 'Every source: how it stands, its newest proved read, records and faults.',
    access: read,
    answers: { 200: { meaning: 'By name.', schema: z.strictObject({ sources }) } },
    handle: async () => ({ status: 200, body: { sources: await listSources(store.database) } }),
  })
}

function readRoute({ challenges: { store } }: ApiWorld): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/sources/{id}',
    operationId: 'readSource',
    tag,
    summary: 'One source, with the records that are tied to nobody.',
    access: read,
    params: byName,
    answers: { 200: { meaning: 'The source.', schema: sourceDetail } },
    problems: ['not-found', 'source-unknown'],
    handle: async ({ params }) => ({ status: 200, body: await getSource(store.database, params.id) }),
  })
}

function runRoute({ challenges: { store }, runs }: ApiWorld): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/sources/{id}/runs',
    operationId: 'startRun',
    tag,
    summary: 'Reads a source now, or joins the run that goes on. Follow it with GET /v1/runs/{id}.',
    access: { kind: 'scope', scope: 'operate' },
    params: byName,
    body: z.strictObject({
      kind: z
        .enum(['full', 'changes'])
        .default('full')
        .describe('changes is refused (`usage`) for a source that can only be read wholly.'),
    }),
    answers: {
      202: { meaning: 'A run began.', schema: run },
      200: { meaning: 'One was going on: this is it.', schema: run },
    },
    problems: ['not-found', 'source-unknown', 'source-pushed', 'usage', 'temporal-unavailable'],
    handle: async ({ params, body, caller }) => {
      await requireReadableSource(store.database, params.id, body.kind)
      const requested = { source: params.id, kind: body.kind, requestedBy: actorOf(caller) }
      const { runId, joined } = await runs.start(requested)
      return {
        status: joined ? 200 : 202,
        body: await getRun(store.database, runId),
        headers: { location: `/v1/runs/${runId}` },
      }
    },
  })
}
