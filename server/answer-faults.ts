import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MusterError } from '../domain/error.ts'
import {
  describeProblem,
  type Problem,
  problemStatuses,
  type RequestFaultCode,
  sendProblem,
} from './problem.ts'

/** Answers whatever goes wrong, unknown paths included, as problems; what the caller may not know is only logged. */
export function answerFaults(app: FastifyInstance): void {
  app.setNotFoundHandler(answerNotFound)
  app.setErrorHandler(answerError)
}

function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const detail = `Nothing answers to ${request.method} here.`
  return sendProblem(reply, describeProblem('not-found', 404, detail))
}

export function answerError(
  error: FastifyError | MusterError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = describeError(error)
  if (problem.status >= 500) request.log.error({ err: error }, 'A request failed.')
  if (error instanceof MusterError && error.retryable) reply.header('retry-after', retryAfterSeconds)
  return sendProblem(reply, problem)
}

const retryAfterSeconds = 5

function describeError(error: FastifyError | MusterError | Error): Problem {
  if (error instanceof MusterError) {
    return describeProblem(error.code, problemStatuses[error.code], error.message)
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500
  if (status >= 400 && status < 500) {
    // Fastify's own words on a request: they name limits and media types, never what was sent.
    return describeProblem(requestFaults.get(status) ?? 'invalid-request', status, error.message)
  }
  return describeProblem('internal', 500, 'Something failed here; the log has it under this request id.')
}

const requestFaults: ReadonlyMap<number, RequestFaultCode> = new Map([
  [405, 'method-not-allowed'],
  [406, 'not-acceptable'],
  [408, 'request-timeout'],
  [413, 'too-large'],
  [415, 'unsupported-media-type'],
])
