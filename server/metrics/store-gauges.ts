import { Gauge, type Registry } from 'prom-client'
import { runStatuses } from '../../domain/run.ts'
import type { PoolFigures, SourceFigures, StoreFigures } from '../../store/read/figures.ts'

/** Gauges of what stands in the database: every process says the same, so take the maximum over them. */
export interface StoreGauges {
  readonly set: (figures: StoreFigures) => void
  /** The store gave no figures: old ones would look like live ones. */
  readonly forget: () => void
  readonly setPool: (pool: PoolFigures) => void
}

export function defineStoreGauges(registry: Registry): StoreGauges {
  const up = defineGauge(registry, 'muster_store_up', '1 when PostgreSQL gave the figures of the store.')
  const pool = defineGauge(
    registry,
    'muster_postgres_pool_connections',
    'Connections of this process by state, and callers that wait for one.',
    'state',
  )
  const queues = defineQueues(registry)
  const sources = defineSources(registry)
  const messages = defineMessages(registry)
  return {
    set: (figures) => {
      up.set(1)
      for (const { set } of [queues, sources, messages]) set(figures)
    },
    forget: () => {
      up.set(0)
      for (const { forget } of [queues, sources, messages]) forget()
    },
    setPool: ({ used, free, waiting }) => {
      for (const [state, count] of Object.entries({ used, free, waiting })) pool.set({ state }, count)
    },
  }
}

type GaugeGroup = Pick<StoreGauges, 'set' | 'forget'>

/** What waits: for a decision, for a person, for a seal. */
function defineQueues(registry: Registry): GaugeGroup {
  const due = defineGauge(registry, 'muster_identities_due', 'Identities that wait for a decision.')
  const dueAge = defineGauge(
    registry,
    'muster_identities_due_oldest_seconds',
    'How long the oldest due identity has waited.',
  )
  const parked = defineGauge(
    registry,
    'muster_identities_parked',
    'Identities with effects that take away and wait for the end of their run, or for a person.',
  )
  const held = defineGauge(
    registry,
    'muster_identities_held',
    'Identities with effects that a brake holds until a person decides.',
  )
  const heldAge = defineGauge(
    registry,
    'muster_runs_held_oldest_seconds',
    'How long ago the oldest run began that is held; 0 where none is.',
  )
  const unsealed = defineGauge(
    registry,
    'muster_audit_unsealed_seconds',
    'How long ago the oldest audit event was written that is not sealed; 0 where all are.',
  )
  const runs = defineGauge(registry, 'muster_runs', 'Runs on record, by status.', 'status')
  return {
    set: (figures) => {
      due.set(figures.due)
      dueAge.set(figures.dueOldestSeconds)
      parked.set(figures.parked)
      held.set(figures.held)
      heldAge.set(figures.heldOldestSeconds)
      unsealed.set(figures.auditUnsealedSeconds)
      for (const status of runStatuses) runs.set({ status }, figures.runs[status] ?? 0)
    },
    forget: () => {
      // Without labels a reset would leave a zero, which is a figure too.
      for (const gauge of [due, dueAge, parked, held, heldAge, unsealed]) gauge.remove()
      runs.reset()
    },
  }
}

/** What is known of each source: its newest proof, and its newest run. */
function defineSources(registry: Registry): GaugeGroup {
  const proved = defineGauge(
    registry,
    'muster_source_proved_age_seconds',
    "Since the source's newest read with a proof of completeness; +Inf where there is none.",
    'source',
  )
  const age = defineGauge(
    registry,
    'muster_source_last_run_age_seconds',
    "Since the beginning of the source's newest run.",
    'source',
  )
  const seconds = defineGauge(
    registry,
    'muster_source_last_run_seconds',
    "How long the source's newest run took; it is there when the run has ended.",
    'source',
  )
  const status = defineGauge(
    registry,
    'muster_source_last_run_status',
    "1 for the status of the source's newest run, 0 for the others.",
    'source',
    'status',
  )
  const gauges = [proved, age, seconds, status]
  const setSource = (source: string, { provedAgeSeconds, lastRun }: SourceFigures) => {
    proved.set({ source }, provedAgeSeconds ?? Number.POSITIVE_INFINITY)
    if (lastRun === null) return
    age.set({ source }, lastRun.ageSeconds)
    if (lastRun.seconds !== null) seconds.set({ source }, lastRun.seconds)
    for (const one of runStatuses) status.set({ source, status: one }, one === lastRun.status ? 1 : 0)
  }
  return {
    set: ({ sources }) => {
      for (const gauge of gauges) gauge.reset()
      for (const [source, figures] of sources) setSource(source, figures)
    },
    forget: () => {
      for (const gauge of gauges) gauge.reset()
    },
  }
}

/** Messages on their way, counted against the budget, or held by the conversion breaker. */
function defineMessages(registry: Registry): GaugeGroup {
  const queued = defineGauge(
    registry,
    'muster_deliveries_queued',
    'Messages that were not sent yet, by channel and kind: code, notice or test.',
    'channel',
    'kind',
  )
  const overdue = defineGauge(
    registry,
    'muster_deliveries_overdue_seconds',
    'How long ago the next attempt of the most overdue message should have been made.',
    'channel',
    'kind',
  )
  const breakers = defineGauge(
    registry,
    'muster_send_breakers_open',
    'Ranges of numbers whose codes are sent and hardly ever typed; record lets messages through, enforce does not.',
    'mode',
  )
  const today = defineGauge(
    registry,
    'muster_messages_today',
    'Messages counted against the budget of this day (UTC).',
    'channel',
  )
  return {
    set: (figures) => {
      for (const channel of channels) {
        today.set({ channel }, figures.messagesToday[channel] ?? 0)
        for (const kind of kinds) {
          const waiting = figures.deliveries.find((one) => one.channel === channel && one.kind === kind)
          queued.set({ channel, kind }, waiting?.queued ?? 0)
          overdue.set({ channel, kind }, waiting?.overdueSeconds ?? 0)
        }
      }
      for (const mode of ['record', 'enforce'] as const)
        breakers.set({ mode }, figures.openBreakers[mode] ?? 0)
    },
    forget: () => {
      for (const gauge of [queued, overdue, breakers, today]) gauge.reset()
    },
  }
}

const channels = ['email', 'sms'] as const
const kinds = ['code', 'notice', 'test'] as const

function defineGauge(
  registry: Registry,
  name: string,
  help: string,
  ...labelNames: readonly string[]
): Gauge {
  return new Gauge({ name, help, labelNames, registers: [registry] })
}
