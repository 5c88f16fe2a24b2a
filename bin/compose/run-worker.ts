import { once } from 'node:events'
import { Outbox } from '../../connectors/outbox/index.ts'
import { openStore } from '../../store/store.ts'
import { deliveryTaskQueue, taskQueue } from '../../workflows/messages.ts'
import { openDeliveries } from './challenge-world.ts'
import { followDatabaseClock } from './database-clock.ts'
import { keepHeapNearItsUse } from './heap-growth.ts'
import { openKeys } from './key-ring.ts'
import { openMeters } from './meters.ts'
import { tryPatiently } from './patience.ts'
import { openProductionDatabase } from './production-database.ts'
import { endParts, listenForHangup, type ProcessEnd, type ProcessOptions } from './production-process.ts'
import { settleCopy, waitForSchema } from './readiness.ts'
import { keepSchedules } from './schedules.ts'
import { StartedParts } from './started-parts.ts'
import { connectTemporal, renewApiKey, type Temporal, temporalOf } from './temporal.ts'
import { collectTemporalMetrics } from './temporal-metrics.ts'
import { installTemporalRuntime, type RunningWorker, startWorker } from './worker.ts'
import { startWorkerHealth } from './worker-health.ts'

/**
 * The whole of `muster worker`. Waits until PostgreSQL, its schema and Temporal are there, keeps sources and schedules
 * equal to the configuration, and then polls until it is told to end.
 */
export async function runWorker(options: ProcessOptions): Promise<ProcessEnd> {
  const { configuration, log, interrupted } = options
  keepHeapNearItsUse()
  const parts = new StartedParts()
  const { graceTime } = configuration.worker
  let failed = false
  try {
    const worker = await startAll(options, parts)
    const over = new AbortController()
    await Promise.race([
      worker.stopped,
      interrupted.aborted ? null : once(interrupted, 'abort', { signal: over.signal }),
    ])
    over.abort()
    failed = !interrupted.aborted
  } catch (fault) {
    if (!interrupted.aborted) {
      await parts.stopWithin(graceTime)
      throw fault
    }
  }
  const end = await endParts(parts, { log, graceTime })
  return failed ? 'failed' : end
}

async function startAll(options: ProcessOptions, parts: StartedParts): Promise<RunningWorker> {
  const { configuration, log, version, interrupted, tracing } = options
  parts.add(() => tracing?.close())
  const patience = { log, interrupted }
  const meters = openMeters(options)
  const { healthPort, graceTime } = configuration.worker
  // Without a port nobody would ever look.
  const temporalMetrics = healthPort === null ? null : collectTemporalMetrics(meters.registry)
  parts.add(() => temporalMetrics?.close())
  installTemporalRuntime(log, temporalMetrics?.buffer)
  const database = openProductionDatabase(configuration, { applicationName: 'muster-worker' })
  parts.add(() => database.destroy())
  let temporal: Temporal | null = null
  if (healthPort !== null) {
    const health = await startWorkerHealth({
      port: healthPort,
      database,
      client: () => temporal?.client ?? null,
      log,
      registry: meters.registry,
    })
    parts.add(() => health.close())
    log.info({ address: health.url }, 'Health is answered here.')
  }
  const store = meters.watch(openStore(database))
  const time = followDatabaseClock(database, { log })
  parts.add(() => time.close())
  const deliveries = await openDeliveries({
    configuration,
    store,
    log,
    clock: time.clock,
    keys: openKeys(configuration, null),
    outbox: new Outbox(time.clock),
    noteDelivery: meters.noteDelivery,
  })
  parts.add(() => deliveries.close())
  parts.add(
    listenForHangup(options, [
      () => deliveries.reopen(),
      () => (temporal === null ? undefined : renewApiKey(temporal, configuration)),
    ]),
  )
  await waitForSchema(database, patience)
  await tryPatiently('PostgreSQL does not answer yet', time.look, patience)
  await settleCopy(store, time.clock, patience)
  const sources = Object.entries(configuration.sources).map(([name, { type }]) => ({ name, type }))
  await tryPatiently(
    'PostgreSQL does not answer yet',
    () => store.runs.keepSources(database, sources),
    patience,
  )
  const reached = await reachTemporal(options, parts)
  temporal = reached
  const worker = await startWorker({
    configuration,
    store,
    temporal: reached,
    log,
    clock: time.clock,
    // What closes after the worker needs a little of the grace time.
    graceTime: Math.max(1000, graceTime - 2000),
    version,
    deliveries: deliveries.world,
    tracing,
  })
  parts.add(() => endWorker(worker))
  const keep = () => keepSchedules(reached.client, database, configuration.sources)
  await tryPatiently('The schedules are not kept yet', keep, patience)
  for (const queue of [taskQueue, deliveryTaskQueue]) log.info({ taskQueue: queue, version }, 'Polling.')
  return worker
}

/** Connects and sees that the namespace is there. */
async function reachTemporal(
  { configuration, log, interrupted, tracing }: ProcessOptions,
  parts: StartedParts,
): Promise<Temporal> {
  const target = temporalOf(configuration)
  const patience = { log, interrupted }
  const temporal = await tryPatiently(
    'Temporal does not answer yet',
    () => connectTemporal(target, tracing),
    patience,
  )
  parts.add(() => temporal.close())
  const { workflowService } = temporal.client
  const look = () => workflowService.describeNamespace({ namespace: target.namespace })
  await tryPatiently(`The namespace ${target.namespace} of Temporal is not there yet`, look, patience)
  return temporal
}

async function endWorker(worker: RunningWorker): Promise<void> {
  worker.shutdown()
  await worker.stopped
}
