import type { FastifyInstance } from 'fastify'
import type { BulkOutcome } from '../../application/scim/bulk-request.ts'
import { runBulk } from '../../application/scim/run-bulk.ts'
import { errorBody } from '../../scim/error-body.ts'
import { sendDocument } from './answer.ts'
import { describeFault, kindOf } from './describe-fault.ts'
import { exchangeOf } from './exchange.ts'
import { formatETag } from './preconditions.ts'
import { readBulk } from './read-bulk.ts'
import { scimLimits } from './scim-limits.ts'
import type { ScimServerWorld } from './scim-server-world.ts'

const responseSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse'

/** `POST /Bulk` (RFC 7644 section 3.7): 200 whatever became of its operations, each of which has its own status. */
export function mountBulk(app: FastifyInstance, { scim }: ScimServerWorld, baseUrl: () => string): void {
  app.post('/Bulk', { bodyLimit: scimLimits.bulkBytes }, async (request, reply) => {
    const { connection, actor, refusals } = exchangeOf(request)
    const outcomes = await runBulk(scim, connection, readBulk(request.body, connection), actor)
    for (const { method, type, fault } of outcomes) {
      if (fault === null) continue
      const described = describeFault(fault)
      const path = type === null ? '/Bulk' : `/Bulk/${type}s`
      refusals.push({
        method,
        path,
        status: described.status,
        kind: kindOf(described),
        detail: described.detail,
      })
    }
    const base = baseUrl()
    return sendDocument(reply, 200, {
      schemas: [responseSchema],
      Operations: outcomes.map((outcome) => describeOutcome(outcome, base)),
    })
  })
}

function describeOutcome(outcome: BulkOutcome, baseUrl: string): Record<string, unknown> {
  const { method, bulkId, type, id, version, fault, status } = outcome
  return {
    method,
    ...(bulkId === null ? {} : { bulkId }),
    ...(type === null || id === null ? {} : { location: `${baseUrl}/${type}s/${id}` }),
    ...(version === null ? {} : { version: formatETag(version) }),
    status: String(status),
    ...(fault === null ? {} : { response: errorBody(describeFault(fault)) }),
  }
}
