import type { FastifyInstance } from 'fastify'
import { MusterError } from '../domain/error.ts'

/** What answers of the process itself, whatever it may work on. */
const alwaysAnswered: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** Answers 503 with the sentence of `refusal` while there is one, as a fault of the form that each path has. */
export function refuseWhile(app: FastifyInstance, refusal: () => string | null): void {
  app.addHook('onRequest', async (request) => {
    const sentence = refusal()
    if (sentence === null || alwaysAnswered.has(request.routeOptions.url ?? '')) return
    throw new MusterError('database-unavailable', sentence, { retryable: true })
  })
}
