import { MetricsBuffer } from '@temporalio/worker'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Every label that the SDK's metrics may keep: names of ours and of Temporal, never an id. */
const labelNames = [
  'activity_type',
  'failure_reason',
  'namespace',
  'operation',
  'poller_type',
  'status_code',
  'task_queue',
  'worker_type',
  'workflow_type',
] as const
const isLabel: ReadonlySet<string> = new Set(labelNames)

/** Seconds: from a task that was found at once to one that waited for hours. */
const buckets = [0.005, 0.02, 0.1, 0.5, 1, 5, 30, 120, 600, 3600]

/** Milliseconds between two looks into the buffer: what does not fit into it is lost. */
const drainEvery = 1000
const bufferSize = 50_000

type BufferedMetric =
  ReturnType<MetricsBuffer['retrieveUpdates']> extends Iterable<infer Update> ? Update : never

/**
 * The metrics of Temporal's SDK, which its core would otherwise serve on a port of its own: they are taken from its
 * buffer into the registry of this process, under the names that Temporal documents.
 */
export interface TemporalMetrics {
  /** For the runtime. */
  readonly buffer: MetricsBuffer
  close(): void
}

/** Starts taking over, once a second. */
export function collectTemporalMetrics(registry: Registry): TemporalMetrics {
  const buffer = new MetricsBuffer({ maxBufferSize: bufferSize, useSecondsForDurations: true })
  const metrics = new Map<string, (labels: Record<string, string>, value: number) => void>()
  const drain = () => {
    for (const update of buffer.retrieveUpdates()) {
      const { name } = update.metric
      const record = metrics.get(name) ?? define(registry, update)
      metrics.set(name, record)
      record(labelsOf(update), update.value)
    }
  }
  const timer = setInterval(drain, drainEvery)
  timer.unref()
  return { buffer, close: () => clearInterval(timer) }
}

function labelsOf({ attributes }: BufferedMetric): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(attributes)) if (isLabel.has(name)) labels[name] = String(value)
  return labels
}

function define(registry: Registry, { metric }: BufferedMetric) {
  const { name, description: help = name, kind } = metric
  const common = { name, help: help === '' ? name : help, labelNames, registers: [registry] }
  switch (kind) {
    case 'counter': {
      const counter = new Counter(common)
      return (labels: Record<string, string>, value: number) => counter.inc(labels, value)
    }
    case 'histogram': {
      const histogram = new Histogram({ ...common, buckets })
      return (labels: Record<string, string>, value: number) => histogram.observe(labels, value)
    }
    case 'gauge': {
      const gauge = new Gauge(common)
      return (labels: Record<string, string>, value: number) => gauge.set(labels, value)
    }
    case 'up-down-counter': {
      const gauge = new Gauge(common)
      return (labels: Record<string, string>, value: number) => gauge.inc(labels, value)
    }
    default:
      return kind satisfies never
  }
}
