import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { PoolFigures, StoreFigures } from '../store/read/figures.ts'
import { measureRequests } from './metrics/http-metrics.ts'
import { defineStoreGauges, type StoreGauges } from './metrics/store-gauges.ts'

/** Where the numbers come from. */
export interface MetricsSource {
  /** Throws for who may not see the figures; left out: everybody may. */
  readonly admit?: (request: FastifyRequest) => Promise<unknown>
  readonly readFigures: () => Promise<StoreFigures>
  readonly readPool: () => PoolFigures
  /** What else this process counts; left out: nothing. */
  readonly registry?: Registry
}

/**
 * `/metrics` in the Prometheus text format. Labels are names of sources and states: never a person. When the store
 * does not answer, the process's own metrics still do, and `muster_store_up` says 0. Answers the registry, for figures
 * of other features.
 */
export function mountMetrics(app: FastifyInstance, source: MetricsSource): Registry {
  const { registry = new Registry() } = source
  // The runtime's: memory, CPU, lag of the event loop, collection of garbage.
  collectDefaultMetrics({ register: registry })
  measureRequests(app, registry)
  const gauges = defineStoreGauges(registry)
  const observe = shareCalls(() => observeStore(source, gauges))
  app.get('/metrics', async (request, reply) => {
    await source.admit?.(request)
    const fault = await observe()
    if (fault !== null) request.log.warn({ err: fault }, 'The store gave no figures.')
    return reply.header('content-type', registry.contentType).send(await registry.metrics())
  })
  return registry
}

/** Sets the gauges; answers the fault where the store gave no figures. */
async function observeStore(source: MetricsSource, gauges: StoreGauges): Promise<unknown> {
  gauges.setPool(source.readPool())
  try {
    gauges.set(await source.readFigures())
    return null
  } catch (error) {
    gauges.forget()
    return error
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
