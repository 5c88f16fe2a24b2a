import type { FastifyReply } from 'fastify'
import { errorBody } from '../../scim/error-body.ts'
import type { DescribedFault } from './describe-fault.ts'

/** The media type of every answer (RFC 7644 section 8.1). */
const scimMediaType = 'application/scim+json; charset=utf-8'

/** Answers with a document. */
export function sendDocument(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).header('content-type', scimMediaType).send(JSON.stringify(body))
}

/** Answers a fault with SCIM's own body (RFC 7644 section 3.12). */
export function sendFault(reply: FastifyReply, fault: DescribedFault): FastifyReply {
  return sendDocument(reply.headers(fault.headers), fault.status, errorBody(fault))
}
