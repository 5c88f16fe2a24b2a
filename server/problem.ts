import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { ErrorCode } from '../domain/error.ts'

/** What can be wrong with a request itself, beside the faults of the domain. */
export type RequestFaultCode =
  | 'invalid-request'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'not-ready'
  | 'request-timeout'
  | 'too-large'
  | 'unsupported-media-type'
export type ProblemCode = ErrorCode | RequestFaultCode

/** A problem document (RFC 9457): `type` is what programs switch over, `detail` is for people. */
export interface Problem {
  readonly type: `urn:muster:problem:${ProblemCode}`
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Ties the answer to the line in the log. */
  readonly requestId?: string
  readonly [extension: string]: unknown
}

export const problemMediaType = 'application/problem+json; charset=utf-8'

/** The HTTP status of every fault. */
export const problemStatuses: Readonly<Record<ErrorCode, number>> = {
  'already-enrolled': 409,
  'ambiguous-identity': 409,
  'audit-chain-broken': 500,
  'choice-missing': 409,
  'client-unknown': 403,
  'code-expired': 422,
  configuration: 500,
  'correlation-ambiguous': 409,
  'database-unavailable': 503,
  disabled: 422,
  'filter-invalid': 400,
  'filter-too-broad': 400,
  'filter-too-slow': 422,
  forbidden: 403,
  'fresh-sign-in-needed': 403,
  held: 409,
  'idempotency-conflict': 422,
  internal: 500,
  'invalid-code': 422,
  locked: 423,
  'no-more-sends': 409,
  'no-right': 422,
  'not-available': 422,
  'not-enrolled': 422,
  'not-found': 404,
  'not-proven': 422,
  'policy-invalid': 422,
  'port-unavailable': 500,
  'right-missing': 403,
  'run-not-held': 409,
  'source-pushed': 409,
  'source-refused': 502,
  'source-unknown': 404,
  'source-unreachable': 502,
  'source-unreadable': 502,
  'stack-not-running': 503,
  'stack-running': 409,
  'temporal-unavailable': 503,
  'too-many-enrollments': 409,
  'too-many-requests': 429,
  unauthorized: 401,
  undeliverable: 422,
  'unusable-address': 422,
  usage: 400,
}

/** The HTTP status of what is wrong with a request itself. */
export const requestFaultStatuses: Readonly<Record<RequestFaultCode, number>> = {
  'invalid-request': 400,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  'not-ready': 503,
  'request-timeout': 408,
  'too-large': 413,
  'unsupported-media-type': 415,
}

export function describeProblem(
  code: ProblemCode,
  status: number,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Problem {
  return {
    type: `urn:muster:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Unknown',
    status,
    detail,
    ...extensions,
  }
}

const answered = new WeakMap<FastifyReply, string>()

/** The code of the problem that was answered, or null where none was. */
export function problemOf(reply: FastifyReply): string | null {
  return answered.get(reply) ?? null
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  answered.set(reply, problem.type.slice('urn:muster:problem:'.length))
  // A refusal that must not tell why is the same to the last byte, whomever it is about (architecture rule 14).
  const isUniform = problem.type === 'urn:muster:problem:not-available'
  return reply
    .code(problem.status)
    .header('content-type', problemMediaType)
    .send(JSON.stringify(isUniform ? problem : { ...problem, requestId: reply.request.id }))
}
