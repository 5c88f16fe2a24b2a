import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { WorkflowNotFoundError } from '@temporalio/client'
import {
  type ActivityInterceptorsFactory,
  DefaultLogger,
  type MetricsBuffer,
  Runtime,
  Worker,
} from '@temporalio/worker'
import type { Logger } from 'pino'
import { v7 as newId } from 'uuid'
import type { ActivityWorld } from '../../activities/create-activities.ts'
import { createActivities, createDeliveryActivities, scrubFaults } from '../../activities/index.ts'
import type { DeliveryWorld } from '../../application/deliveries/delivery-world.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Store } from '../../store/store.ts'
import { taskQueue as defaultTaskQueue, deliveryTaskQueue } from '../../workflows/messages.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { createDecider } from './decider.ts'
import { derivationOf } from './derivation.ts'
import { describeConnections } from './scim-world.ts'
import { openSources } from './sources.ts'
import type { Temporal } from './temporal.ts'

export interface WorkerParts {
  readonly configuration: Configuration
  readonly store: Store
  readonly temporal: Temporal
  readonly log: Logger
  readonly taskQueue?: string
  /** Left out: this machine's. */
  readonly clock?: Clock
  /** Milliseconds from the asked end to the end; left out: 6000. */
  readonly graceTime?: number
  /** Shown by Temporal beside process and machine: which build polls. */
  readonly version?: string
  /** Carries on what servers could not send; left out: this worker does not. */
  readonly deliveries?: DeliveryWorld
  /** Left out or null: nothing is traced. */
  readonly tracing?: Tracing | null
}

/** Activities of deliveries at a time: more than one channel's slots, so that a slow one holds nobody up. */
const deliveriesAtOnce = 20

export interface RunningWorker {
  /** Settles when the worker has stopped; rejects when it failed. */
  readonly stopped: Promise<void>
  /** Activities under way are told to stop, handed over, and the worker ends. */
  shutdown(): void
}

/** Milliseconds from the asked end until what is under way is left behind. It is told to stop when half of them are over. */
const usualGrace = 6000

/**
 * Done once a process, before anything of Temporal starts: its lines go into our log, its metrics into the buffer, and
 * signals are ours to handle.
 */
export function installTemporalRuntime(log: Logger, metrics: MetricsBuffer | null = null): void {
  const logger = new DefaultLogger('WARN', ({ level, message }) => {
    // The SDK's own fields may hold a failure's text; the sentence is enough.
    if (level === 'ERROR') log.error({ phase: 'temporal' }, message)
    else log.warn({ phase: 'temporal' }, message)
  })
  Runtime.install({
    logger,
    shutdownSignals: [],
    ...(metrics === null ? {} : { telemetryOptions: { metrics: { buffer: metrics } } }),
  })
}

/** A worker with everything it needs. */
export async function startWorker(parts: WorkerParts): Promise<RunningWorker> {
  const { temporal, log, deliveries, graceTime = usualGrace, version, tracing = null } = parts
  // A span ends with the fault as it was scrubbed.
  const activity = [
    ...(tracing?.worker.activity ?? []),
    scrubFaults((fault) => log.error(fault, 'An activity failed.')),
  ]
  const common = {
    connection: temporal.connection,
    namespace: temporal.namespace,
    ...workflowCode(activity, tracing),
    ...(version === undefined ? {} : { identity: `${process.pid}@${hostname()} muster ${version}` }),
    shutdownGraceTime: graceTime / 2,
    shutdownForceTime: graceTime,
  }
  const worker = await Worker.create({
    ...common,
    taskQueue: parts.taskQueue ?? defaultTaskQueue,
    activities: createActivities(activityWorld(parts)),
    maxConcurrentActivityTaskExecutions: 20,
  })
  if (deliveries === undefined) return runTogether([worker])
  // A queue of its own: a reconciliation of thousands never stands before a code.
  const sending = await Worker.create({
    ...common,
    taskQueue: deliveryTaskQueue,
    activities: createDeliveryActivities(deliveries),
    maxConcurrentActivityTaskExecutions: deliveriesAtOnce,
  })
  return runTogether([worker, sending])
}

/** Runs workers as one: when one ends, so do the others. */
function runTogether(workers: readonly Worker[]): RunningWorker {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  const runs = workers.map((worker) => worker.run().finally(shutdown))
  return { stopped: Promise.all(runs).then(() => undefined), shutdown }
}

/**
 * The bundle that the build made, or the sources where nothing was built. What traces workflows is in no bundle of the
 * build: a worker that traces bundles for itself, which takes it some seconds at the start.
 */
function workflowCode(activity: ActivityInterceptorsFactory[], tracing: Tracing | null) {
  const bundle = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url))
  if (tracing === null && existsSync(bundle))
    return { workflowBundle: { codePath: bundle }, interceptors: { activity } }
  const folder = new URL('../../workflows/', import.meta.url)
  const file = fileURLToPath(new URL(existsSync(bundle) ? 'index.js' : 'index.ts', folder))
  if (tracing === null) return { workflowsPath: file, interceptors: { activity } }
  const { workflowModules, sinks } = tracing.worker
  return { workflowsPath: file, interceptors: { activity, workflowModules: [...workflowModules] }, sinks }
}

function activityWorld({
  configuration,
  store,
  temporal,
  log,
  clock = () => new Date(),
}: WorkerParts): ActivityWorld {
  return {
    store,
    newId,
    clock,
    derivation: derivationOf(configuration),
    decider: createDecider(store),
    graceMs: configuration.grace,
    brake: configuration.brakes.takenAway,
    openSource: openSources(configuration, clock),
    retention: configuration.retention,
    onFault: (err) => log.warn({ err }, 'A part of the sweep failed; the next one tries again.'),
    connections: [...describeConnections(configuration).values()].map(({ connection }) => connection),
    isWorkflowRunning: async (workflowId) => {
      try {
        const { status } = await temporal.client.workflow.getHandle(workflowId).describe()
        return status.name === 'RUNNING'
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false
        throw error
      }
    },
  }
}
