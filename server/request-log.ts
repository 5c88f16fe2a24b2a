import type { FastifyInstance } from 'fastify'

/** One line for each answer: the route's pattern instead of the URL, whose query or path may name a person. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'A request was answered.',
    )
  })
}
