import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { runStatuses } from '../domain/run.ts'
import type { PoolFigures, StoreFigures } from '../store/read/figures.ts'

/** Where the numbers come from. */
export interface MetricsSource {
  /** Throws for who may not see the figures; left out: everybody may. */
  readonly admit?: (request: FastifyRequest) => Promise<unknown>
  readonly readFigures: () => Promise<StoreFigures>
  readonly readPool: () => PoolFigures
}

/**
 * `/metrics` in the Prometheus text format. Labels are names of sources and states: never a person. When the store
 * does not answer, the process's own metrics still do, and `muster_store_up` says 0. Answers the registry, for figures
 * of other features.
 */
export function mountMetrics(app: FastifyInstance, source: MetricsSource): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'muster_http_requests_total',
    help: 'Requests answered, by route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const gauges = defineGauges(registry)
  app.addHook('onResponse', async (request, reply) => {
    requests.inc({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
    })
  })
  const observe = shareCalls(() => observeStore(source, gauges))
  app.get('/metrics', async (request, reply) => {
    await source.admit?.(request)
    const fault = await observe()
    if (fault !== null) request.log.warn({ err: fault }, 'The store gave no figures.')
    return reply.header('content-type', registry.contentType).send(await registry.metrics())
  })
  return registry
}

type Gauges = ReturnType<typeof defineGauges>

function defineGauges(registry: Registry) {
  const registers = [registry]
  return {
    up: new Gauge({ name: 'muster_store_up', help: '1 when PostgreSQL gave the figures below.', registers }),
    due: new Gauge({
      name: 'muster_identities_due',
      help: 'Identities that wait for a decision.',
      registers,
    }),
    dueAge: new Gauge({
      name: 'muster_identities_due_oldest_seconds',
      help: 'How long the oldest due identity has waited.',
      registers,
    }),
    held: new Gauge({
      name: 'muster_identities_held',
      help: 'Identities with effects that a brake holds until a person decides.',
      registers,
    }),
    runs: new Gauge({
      name: 'muster_runs',
      help: 'Runs on record, by status.',
      labelNames: ['status'],
      registers,
    }),
    provedAge: new Gauge({
      name: 'muster_source_proved_age_seconds',
      help: "Since the source's newest read with a proof of completeness; +Inf where there is none.",
      labelNames: ['source'],
      registers,
    }),
    breakers: new Gauge({
      name: 'muster_send_breakers_open',
      help: 'Ranges of numbers whose codes are sent and hardly ever typed; record lets messages through, enforce does not.',
      labelNames: ['mode'],
      registers,
    }),
    messages: new Gauge({
      name: 'muster_messages_today',
      help: 'Messages counted against the budget of this day (UTC).',
      labelNames: ['channel'],
      registers,
    }),
    pool: new Gauge({
      name: 'muster_postgres_pool_connections',
      help: 'Connections of this process by state, and callers that wait for one.',
      labelNames: ['state'],
      registers,
    }),
  }
}

/** Sets the gauges; answers the fault where the store gave no figures. */
async function observeStore(source: MetricsSource, gauges: Gauges): Promise<unknown> {
  observePool(source.readPool(), gauges)
  try {
    observeFigures(await source.readFigures(), gauges)
    gauges.up.set(1)
    return null
  } catch (error) {
    gauges.up.set(0)
    // Old numbers would look like live ones.
    for (const gauge of [gauges.due, gauges.dueAge, gauges.held]) gauge.remove()
    for (const gauge of [gauges.runs, gauges.provedAge, gauges.breakers, gauges.messages]) gauge.reset()
    return error
  }
}

function observePool(pool: PoolFigures, gauges: Gauges): void {
  gauges.pool.set({ state: 'used' }, pool.used)
  gauges.pool.set({ state: 'free' }, pool.free)
  gauges.pool.set({ state: 'waiting' }, pool.waiting)
}

function observeFigures(figures: StoreFigures, gauges: Gauges): void {
  gauges.due.set(figures.due)
  gauges.dueAge.set(figures.dueOldestSeconds)
  gauges.held.set(figures.held)
  for (const status of runStatuses) gauges.runs.set({ status }, figures.runs[status] ?? 0)
  for (const mode of ['record', 'enforce'] as const)
    gauges.breakers.set({ mode }, figures.openBreakers[mode] ?? 0)
  for (const channel of ['sms', 'email'] as const) {
    gauges.messages.set({ channel }, figures.messagesToday[channel] ?? 0)
  }
  gauges.provedAge.reset()
  for (const [source, age] of figures.provedAgeSeconds) {
    gauges.provedAge.set({ source }, age ?? Number.POSITIVE_INFINITY)
  }
}

/** Callers that come while one is served get its answer: scrapers cannot pile up on the store. */
function shareCalls<Result>(call: () => Promise<Result>): () => Promise<Result> {
  let going: Promise<Result> | null = null
  return () => {
    going ??= call().finally(() => {
      going = null
    })
    return going
  }
}
