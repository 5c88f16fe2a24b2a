import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseAway } from '../application/database-away.ts'
import { AddressFault } from '../domain/address-fault.ts'
import { ChallengeFault } from '../domain/challenge-fault.ts'
import { MusterError } from '../domain/error.ts'
import { RequestFault } from './api/request-fault.ts'
import { type Help, noHelp, usualActions } from './help.ts'
import {
  describeProblem,
  type Problem,
  problemStatuses,
  type RequestFaultCode,
  sendProblem,
} from './problem.ts'

type Fault = FastifyError | MusterError | Error

/** Answers whatever goes wrong, unknown paths included, as problems; what the caller may not know is only logged. */
export function answerFaults(app: FastifyInstance, help: Help): void {
  app.setNotFoundHandler(answerNotFound)
  app.setErrorHandler((error: Fault, request, reply) => answer(error, request, reply, help))
}

/** For faults before any route is known. */
export function answerError(error: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return answer(error, request, reply, noHelp)
}

function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const detail = `Nothing answers to ${request.method} here.`
  return sendProblem(reply, describeProblem('not-found', 404, detail))
}

function answer(error: Fault, request: FastifyRequest, reply: FastifyReply, help: Help): FastifyReply {
  const problem = describeError(error)
  if (problem.status >= 500) request.log.error({ err: error }, 'A request failed.')
  if (error instanceof MusterError) addHeaders(error, reply)
  else if (problem.status === 503) reply.header('retry-after', retryAfterSeconds)
  const found =
    error instanceof MusterError ? help.find(error.code, request.headers['accept-language'] ?? null) : null
  if (found === null) return sendProblem(reply, problem)
  reply.header('content-language', found.locale).header('vary', 'accept-language')
  return sendProblem(reply, { ...problem, help: found.help })
}

function addHeaders(error: MusterError, reply: FastifyReply): void {
  const wait = error instanceof ChallengeFault ? error.facts.retryAfter : undefined
  if (wait !== undefined) reply.header('retry-after', wait)
  else if (error.retryable) reply.header('retry-after', retryAfterSeconds)
  // RFC 6750 section 3.
  if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="muster"')
  if (error.code === 'forbidden')
    reply.header('www-authenticate', 'Bearer realm="muster", error="insufficient_scope"')
}

const retryAfterSeconds = 5
const databaseAway =
  'The database cannot be reached or is short of resources. Nothing was changed; try again.'

function describeError(error: Fault): Problem {
  if (error instanceof MusterError) {
    return describeProblem(error.code, problemStatuses[error.code], error.message, factsOf(error))
  }
  if (isDatabaseAway(error)) return describeProblem('database-unavailable', 503, databaseAway)
  if (error instanceof RequestFault) {
    return describeProblem('invalid-request', 400, error.message, { errors: error.violations })
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500
  if (status >= 400 && status < 500) {
    // Fastify's own words on a request: they name limits and media types, never what was sent.
    return describeProblem(requestFaults.get(status) ?? 'invalid-request', status, error.message)
  }
  return describeProblem('internal', 500, 'Something failed here; the log has it under this request id.')
}

/** What programs read beside the code. */
function factsOf(error: MusterError): Readonly<Record<string, unknown>> {
  if (error instanceof AddressFault) return { reason: error.reason }
  const actions = usualActions[error.code]
  const usual = actions === undefined ? {} : { actions }
  if (!(error instanceof ChallengeFault)) return usual
  const { retryAfter: _, ...facts } = error.facts
  return { ...usual, ...facts }
}

const requestFaults: ReadonlyMap<number, RequestFaultCode> = new Map([
  [405, 'method-not-allowed'],
  [406, 'not-acceptable'],
  [408, 'request-timeout'],
  [413, 'too-large'],
  [415, 'unsupported-media-type'],
])
