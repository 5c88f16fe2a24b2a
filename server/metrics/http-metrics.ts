import type { FastifyInstance } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'
import { problemOf } from '../problem.ts'

/** Counts and times every answer, by the pattern of its route: paths and queries may name a person. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const registers = [registry]
  const requests = new Counter({
    name: 'muster_http_requests_total',
    help: 'Requests answered, by route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'muster_http_request_seconds',
    help: 'How long answers took, by route pattern.',
    labelNames: ['method', 'route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  const problems = new Counter({
    name: 'muster_http_problems_total',
    help: 'Problems answered (RFC 9457), by the code that ends their type.',
    labelNames: ['code'],
    registers,
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request
    const route = request.routeOptions.url ?? 'none'
    requests.inc({ method, route, status: reply.statusCode })
    seconds.observe({ method, route }, reply.elapsedTime / 1000)
    const code = problemOf(reply)
    if (code !== null) problems.inc({ code })
  })
}
