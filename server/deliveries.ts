import { z } from 'zod'
import { deliveryStatuses, messageTemplates } from '../domain/delivery.ts'
import { countDeliveries, readDeliveries } from '../store/read/deliveries.ts'
import { findIdentity } from '../store/read/find-identity.ts'
import type { ApiWorld } from './api/api-world.ts'
import { owner } from './api/identity-shapes.ts'
import { countedQuery, describeCountedPage, takePage, who } from './api/list.ts'
import { defineRoute, type Route } from './api/route.ts'
import { id, time } from './api/shapes.ts'

const delivery = z
  .strictObject({
    id,
    kind: z.enum(['code', 'notice', 'test']),
    identity: owner,
    enrollment: id.nullable(),
    challenge: id.nullable(),
    channel: z.enum(['email', 'sms']),
    address: z.string().nullable().describe('Masked.'),
    template: z.enum(messageTemplates),
    status: z.enum(deliveryStatuses),
    error: z.string().nullable().describe('Why it was not sent.'),
    createdAt: time,
    deadline: time.describe('Nothing is sent from then on.'),
    endedAt: time.nullable(),
    attempts: z.array(
      z.strictObject({
        number: z.int(),
        connector: z.string(),
        at: time,
        endedAt: time.nullable(),
        outcome: z.enum(['sent', 'retry', 'failed']).nullable(),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Delivery', description: 'A message on its way. What it said is not kept.' })

/** Messages on their way, for operators. */
export function listDeliveryRoutes({ challenges: { store } }: ApiWorld): readonly Route[] {
  const { database } = store
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/deliveries',
      operationId: 'listDeliveries',
      tag: 'Deliveries',
      summary: 'Messages, their attempts and receipts, newest first.',
      access: { kind: 'scope', scope: 'read' },
      query: z.strictObject({ who, status: z.enum(deliveryStatuses).optional(), ...countedQuery }),
      answers: { 200: { meaning: 'A page.', schema: describeCountedPage('deliveries', delivery) } },
      problems: ['not-found', 'ambiguous-identity'],
      handle: async ({ query }) => {
        const { limit } = query
        const identity = query.who === undefined ? null : await findIdentity(database, query.who)
        const wanted = { identity, status: query.status ?? null }
        const total = query.count ? await countDeliveries(database, wanted) : null
        const list = { ...wanted, limit, after: query.cursor ?? null }
        const { rows, nextCursor } = await takePage(readDeliveries(database, list), limit)
        return { status: 200, body: { total, deliveries: rows, nextCursor } }
      },
    }),
  ]
}
