import { Counter, type Registry } from 'prom-client'

/** Counters of what this process did and committed: sum them over processes. */
export interface WorkCounters {
  /** Effects by op, and who was behind them. */
  readonly effects: Counter<'op' | 'actor'>
  readonly auditEvents: Counter<'action'>
  readonly runsEnded: Counter<'source' | 'status'>
  readonly brakesTripped: Counter
  readonly challenges: Counter<'factor' | 'purpose' | 'outcome'>
  readonly challengesExpired: Counter
  readonly deliveries: Counter<'channel' | 'connector' | 'outcome' | 'code'>
}

export function defineWorkCounters(registry: Registry): WorkCounters {
  const registers = [registry]
  return {
    effects: new Counter({
      name: 'muster_effects_applied_total',
      help: 'Changes to rights and enrollments, by operation and by the kind of who was behind them.',
      labelNames: ['op', 'actor'],
      registers,
    }),
    auditEvents: new Counter({
      name: 'muster_audit_events_total',
      help: 'Audit events written, by action.',
      labelNames: ['action'],
      registers,
    }),
    runsEnded: new Counter({
      name: 'muster_runs_ended_total',
      help: 'Runs that ended, by source and status; no source: the roll-out of a policy set.',
      labelNames: ['source', 'status'],
      registers,
    }),
    brakesTripped: new Counter({
      name: 'muster_brakes_tripped_total',
      help: 'Runs that a brake stopped until a person decides.',
      registers,
    }),
    challenges: new Counter({
      name: 'muster_challenges_total',
      help: 'Challenges by what became of them: created, passed, failed or cancelled.',
      labelNames: ['factor', 'purpose', 'outcome'],
      registers,
    }),
    challengesExpired: new Counter({
      name: 'muster_challenges_expired_total',
      help: 'Challenges whose time was over before a right code was typed.',
      registers,
    }),
    deliveries: new Counter({
      name: 'muster_deliveries_total',
      help: 'Steps of deliveries: sent, retry, failed, abandoned, delivered; with the fault where there was one.',
      labelNames: ['channel', 'connector', 'outcome', 'code'],
      registers,
    }),
  }
}
