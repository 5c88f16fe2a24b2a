import { z } from 'zod'
import { createExplainer } from '../application/explain-identity.ts'
import { gatherCalls } from '../application/gather-calls.ts'
import type { Filter } from '../domain/filter.ts'
import { parseFilter } from '../policies/filter/parse-filter.ts'
import { countIdentities, findIdentities, getIdentity, readIdentities } from '../store/read/identities.ts'
import { recordLook } from '../store/read/record-look.ts'
import { revealTo } from './api/acting.ts'
import type { ApiWorld } from './api/api-world.ts'
import { decision, identity } from './api/identity-shapes.ts'
import { limitConcurrency } from './api/limit-concurrency.ts'
import { countedQuery, describeCountedPage, flag, takePage } from './api/list.ts'
import { defineRoute, type Route } from './api/route.ts'
import { id } from './api/shapes.ts'

const tag = 'Identities'
const access = { kind: 'scope', scope: 'read' } as const
const byId = z.strictObject({ id })
const reveal = flag.describe('Addresses unmasked: needs the scope admin, and the look is audited.')

/** Milliseconds that a filter may take for one page: shorter than anybody waits for a page. */
const filterTimeout = 5_000
/** Filters are worked on by a fraction of the pool, so that no reader of lists stands before a challenge. */
const filterLimits = { atOnce: 3, waiting: 200, patience: 10_000 } as const

/** What comes in one moment is one statement; two, so that the server reads requests while the database reads rows. */
const together = { atOnce: 2, most: 32 } as const

/** The people who are looked after. */
export function listIdentityRoutes(world: ApiWorld): readonly Route[] {
  return [listRoute(world), readRoute(world), decisionRoute(world)]
}

function listRoute({ challenges: { store, clock }, customAttributes }: ApiWorld): Route {
  const { database } = store
  const inTurn = limitConcurrency(filterLimits)
  const readPage = async (
    filter: Filter | null,
    query: Pick<Parameters<typeof readIdentities>[1], 'limit' | 'reveal'> & {
      readonly cursor?: string | undefined
      readonly count: boolean
    },
  ) => {
    const { limit, reveal: revealing, count } = query
    const total = count ? await countIdentities(database, filter, filterTimeout) : null
    const list = { filter, limit, after: query.cursor ?? null, timeout: filterTimeout, reveal: revealing }
    const { rows, nextCursor } = await takePage(readIdentities(database, list), limit)
    return { total, identities: rows, nextCursor }
  }
  return defineRoute({
    method: 'GET',
    path: '/v1/identities',
    operationId: 'listIdentities',
    tag,
    summary: 'Identities, newest first.',
    access,
    query: z.strictObject({
      filter: z
        .string()
        .min(1)
        .max(4096)
        .optional()
        .describe('A SCIM filter (RFC 7644 section 3.4.2.2), as in `userType eq "employee"`.'),
      ...countedQuery,
      reveal,
    }),
    answers: { 200: { meaning: 'A page.', schema: describeCountedPage('identities', identity) } },
    problems: ['filter-invalid', 'filter-too-slow', 'too-many-requests'],
    handle: async ({ query, caller }) => {
      const asked = { ...query, reveal: revealTo(caller, clock, query.reveal) }
      const filter = query.filter === undefined ? null : parseFilter(query.filter, customAttributes)
      const read = () => readPage(filter, asked)
      return { status: 200, body: await (filter === null ? read() : inTurn(read)) }
    },
  })
}

function readRoute({ challenges: { store, clock } }: ApiWorld): Route {
  const { database } = store
  const find = gatherCalls(
    (asked: Parameters<typeof findIdentities>[1]) => findIdentities(database, asked),
    together,
  )
  return defineRoute({
    method: 'GET',
    path: '/v1/identities/{id}',
    operationId: 'readIdentity',
    tag,
    summary: 'One identity with its records, rights and enrollments.',
    access,
    params: byId,
    query: z.strictObject({ reveal }),
    answers: { 200: { meaning: 'The identity.', schema: identity } },
    problems: ['not-found'],
    handle: async ({ params, query, caller }) => {
      const revealing = revealTo(caller, clock, query.reveal)
      return { status: 200, body: await getIdentity(database, params.id, revealing, find) }
    },
  })
}

function decisionRoute({ challenges: { store, clock } }: ApiWorld): Route {
  const explain = createExplainer({ store, clock })
  return defineRoute({
    method: 'GET',
    path: '/v1/identities/{id}/decision',
    operationId: 'explainIdentity',
    tag,
    summary: 'What the policies in force say of an identity now, and why. Nothing is changed.',
    access,
    params: byId,
    query: z.strictObject({ reveal }),
    answers: { 200: { meaning: 'The decision.', schema: decision } },
    problems: ['not-found'],
    handle: async ({ params, query, caller }) => {
      const revealing = revealTo(caller, clock, query.reveal)
      const view = await explain(params.id, query.reveal)
      if (revealing !== null) await recordLook(store.database, revealing, [params.id])
      return { status: 200, body: view }
    },
  })
}
