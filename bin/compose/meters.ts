import type { Logger } from 'pino'
import { Counter, Gauge, Registry } from 'prom-client'
import type { DeliveryOutcome } from '../../application/deliveries/delivery-world.ts'
import type { Configuration } from '../../config/configuration.ts'
import { defineWorkCounters } from '../../server/metrics/work-counters.ts'
import type { Store } from '../../store/store.ts'
import type { LogLosses } from '../log.ts'
import { countWork } from './count-work.ts'

export interface MeterParts {
  readonly configuration: Pick<Configuration, 'sources'>
  readonly log: Logger
  /** What the log refused so far. */
  readonly losses: LogLosses
  /** Of this build. */
  readonly version: string
}

/** What one process counts of its own work. */
export interface Meters {
  /** For /metrics of this process. */
  readonly registry: Registry
  /** The same store, with what is committed through it counted and ends of runs logged. */
  readonly watch: (store: Store) => Store
  readonly noteDelivery: (outcome: DeliveryOutcome) => void
}

/** Opens the counters of this process. */
export function openMeters(parts: MeterParts): Meters {
  const { log } = parts
  const registry = new Registry()
  describeProcess(registry, parts)
  const counters = defineWorkCounters(registry)
  const onRunEnded = ({
    run,
    source,
    status,
  }: {
    run: string | null
    source: string | null
    status: string
  }) =>
    status === 'held'
      ? log.warn({ run, status }, 'A run is held: "muster runs approve" or "reject" decides.')
      : log.info({ run, source, status }, 'A run ended.')
  return {
    registry,
    watch: (store) => countWork(store, { counters, onRunEnded }),
    noteDelivery: ({ channel, connector, outcome, code }) =>
      counters.deliveries.inc({ channel, connector: connector ?? '', outcome, code: code ?? '' }),
  }
}

/** What does not come from work: the build, what is configured, and what the log refused. */
function describeProcess(registry: Registry, { configuration, losses, version }: MeterParts): void {
  const registers = [registry]
  new Gauge({
    name: 'muster_build_info',
    help: '1; the version of this build.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)
  const schedule = new Gauge({
    name: 'muster_source_schedule_seconds',
    help: 'How often the source is to be read; it is not there for a source without a schedule.',
    labelNames: ['source'],
    registers,
  })
  for (const [source, { schedule: asked }] of Object.entries(configuration.sources))
    if (asked.full !== null) schedule.set({ source }, asked.full / 1000)
  let told = 0
  new Counter({
    name: 'muster_log_fields_dropped_total',
    help: 'Fields that the log refused: not on its list, or not of their form.',
    registers,
    collect() {
      this.inc(losses.fields - told)
      told = losses.fields
    },
  })
}
