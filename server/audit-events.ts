import { z } from 'zod'
import { readAuditEvents } from '../store/read/audit-events.ts'
import { findIdentity } from '../store/read/find-identity.ts'
import type { ApiWorld } from './api/api-world.ts'
import { describePage, flag, pageQuery, takePage, who } from './api/list.ts'
import { defineRoute, type Route } from './api/route.ts'
import { id, time } from './api/shapes.ts'

const event = z
  .strictObject({
    id,
    at: time,
    action: z.string(),
    actor: z.strictObject({ kind: z.enum(['policy', 'self', 'admin', 'client', 'system']), id: z.string() }),
    identity: id.nullable(),
    run: id.nullable(),
    policySet: z.string().nullable(),
    effects: z.array(z.unknown()).describe('What was changed; addresses masked.'),
    reason: z.string().nullable(),
    detail: z.unknown().describe('By the action; addresses masked.'),
  })
  .meta({ id: 'AuditEvent', description: 'Who did what, on whom, why and when.' })

/** The audit trail. */
export function listAuditRoutes({ challenges: { store } }: ApiWorld): readonly Route[] {
  const { database } = store
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit-events',
      operationId: 'listAuditEvents',
      tag: 'Audit',
      summary: 'Who did what, on whom, why and when: newest first.',
      access: { kind: 'scope', scope: 'read' },
      query: z.strictObject({
        who,
        since: time.optional().describe('Only events at this time (RFC 3339) or later.'),
        oldestFirst: flag.describe('In the order in which it happened.'),
        ...pageQuery,
      }),
      answers: { 200: { meaning: 'A page.', schema: describePage('events', event) } },
      problems: ['not-found', 'ambiguous-identity'],
      handle: async ({ query }) => {
        const { limit } = query
        const identity = query.who === undefined ? null : await findIdentity(database, query.who)
        const order = query.oldestFirst ? 'oldest-first' : 'newest-first'
        const list = {
          identity,
          since: query.since ?? null,
          limit,
          after: query.cursor ?? null,
          order,
        } as const
        const { rows, nextCursor } = await takePage(readAuditEvents(database, list), limit)
        return { status: 200, body: { events: rows, nextCursor } }
      },
    }),
  ]
}
