import { z } from 'zod'
import { enrollmentStatuses } from '../domain/enrollment.ts'
import { countEnrollments, readEnrollments } from '../store/read/enrollments.ts'
import { findIdentity } from '../store/read/find-identity.ts'
import { revealTo } from './api/acting.ts'
import type { ApiWorld } from './api/api-world.ts'
import { listedEnrollment } from './api/identity-shapes.ts'
import { countedQuery, describeCountedPage, flag, takePage, who } from './api/list.ts'
import { defineRoute, type Route } from './api/route.ts'

/** Everybody's enrollments, for operators; what a person does with their own is in `enrollments.ts`. */
export function listListedEnrollmentRoutes({ challenges: { store, clock } }: ApiWorld): readonly Route[] {
  const { database } = store
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/enrollments',
      operationId: 'listEnrollments',
      tag: 'Enrollments',
      summary: 'Enrollments, newest first, each with whose it is.',
      access: { kind: 'scope', scope: 'read' },
      query: z.strictObject({
        who,
        status: z.enum(enrollmentStatuses).optional(),
        ...countedQuery,
        reveal: flag.describe('Addresses unmasked: needs the scope admin, and the look is audited.'),
      }),
      answers: { 200: { meaning: 'A page.', schema: describeCountedPage('enrollments', listedEnrollment) } },
      problems: ['not-found', 'ambiguous-identity'],
      handle: async ({ query, caller }) => {
        const reveal = revealTo(caller, clock, query.reveal)
        const identity = query.who === undefined ? null : await findIdentity(database, query.who)
        const wanted = { identity, status: query.status ?? null }
        const list = { ...wanted, limit: query.limit, after: query.cursor ?? null, reveal }
        const total = query.count ? await countEnrollments(database, wanted) : null
        const { rows, nextCursor } = await takePage(readEnrollments(database, list), query.limit)
        return { status: 200, body: { total, enrollments: rows, nextCursor } }
      },
    }),
  ]
}
