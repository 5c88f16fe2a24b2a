import type { DeliveryChannel, DeliveryKind } from '../../domain/delivery.ts'
import type { RunStatus } from '../../domain/run.ts'
import type { Database } from '../database.ts'

/** What is watched all the time, so it is counted by indexes and small tables only. */
export interface StoreFigures {
  /** Identities that wait for a decision. */
  readonly due: number
  /** Seconds that the oldest of them has waited; 0 where none waits. */
  readonly dueOldestSeconds: number
  /** Identities with effects that take away and wait for the end of their run or for a person. */
  readonly parked: number
  /** Those of them that a brake holds. */
  readonly held: number
  /** Seconds since the oldest held run began; 0 where none is held. */
  readonly heldOldestSeconds: number
  readonly runs: Partial<Record<RunStatus, number>>
  /** Seconds since the oldest audit event was written that is not sealed; 0 where all are. */
  readonly auditUnsealedSeconds: number
  /** Each configured source. */
  readonly sources: ReadonlyMap<string, SourceFigures>
  /** Messages that were not sent yet; a channel and kind without any is left out. */
  readonly deliveries: readonly QueuedFigures[]
  /** Ranges of numbers that the conversion breaker holds or would hold, by mode. */
  readonly openBreakers: Partial<Record<'record' | 'enforce', number>>
  /** Messages of this day (UTC), by channel. */
  readonly messagesToday: Partial<Record<DeliveryChannel, number>>
}

export interface SourceFigures {
  /** Seconds since its newest proved read; null where it never had one. */
  readonly provedAgeSeconds: number | null
  readonly lastRun: {
    readonly status: RunStatus
    /** Seconds since it began. */
    readonly ageSeconds: number
    /** Seconds that it took; null while it has not ended. */
    readonly seconds: number | null
  } | null
}

export interface QueuedFigures {
  readonly channel: DeliveryChannel
  readonly kind: DeliveryKind
  readonly queued: number
  /** Seconds since the most overdue attempt should have been made; 0 where all are yet to come. */
  readonly overdueSeconds: number
}

/** Connections of this process's pool. */
export interface PoolFigures {
  readonly used: number
  readonly free: number
  /** Callers that wait for one. */
  readonly waiting: number
}

export async function readFigures(database: Database): Promise<StoreFigures> {
  const { rows } = await database.raw<{ rows: [FigureRow] }>(
    `select d.due, coalesce(extract(epoch from now() - d.oldest), 0)::float8 as due_oldest, p.parked, p.held,
       (select coalesce(extract(epoch from now() - min(started_at)), 0)::float8 from runs where status = 'held')
         as held_oldest,
       coalesce((select extract(epoch from now() - at) from audit_events
         where number > coalesce((select last_event from audit_seals order by number desc limit 1), 0)
         order by number limit 1), 0)::float8 as unsealed,
       (select coalesce(jsonb_object_agg(status, total), '{}')
        from (select status, count(*) as total from runs group by status) r) as runs,
       (select coalesce(jsonb_object_agg(s.name, jsonb_build_object(
            'provedAgeSeconds', extract(epoch from now() - s.last_proved_at)::float8, 'lastRun', l.run)), '{}')
        from sources s left join lateral (
          select jsonb_build_object('status', status, 'ageSeconds', extract(epoch from now() - started_at)::float8,
            'seconds', extract(epoch from ended_at - started_at)::float8) as run
          from runs where source = s.name order by started_at desc limit 1) l on true
        where s.configured) as sources,
       (select coalesce(jsonb_agg(q), '[]') from (
          select channel, kind, count(*)::int as queued,
            greatest(0, extract(epoch from now() - min(next_at)))::float8 as "overdueSeconds"
          from deliveries where status = 'queued' group by channel, kind) q) as deliveries,
       (select coalesce(jsonb_object_agg(mode, total), '{}')
        from (select mode, count(*) as total from breakers group by mode) b) as breakers,
       (select coalesce(jsonb_object_agg(channel, total), '{}')
        from (select channel, sum(sent) as total from message_budget
              where day = (now() at time zone 'UTC')::date group by channel) m) as messages
     from (select count(*)::int as due, min(due_at) as oldest from identity_states where due_at is not null) d,
       (select count(*)::int as parked, (count(*) filter (where r.status = 'held'))::int as held
        from parked_effects e left join runs r on r.id = e.run_id) p`,
  )
  const [row] = rows
  return {
    due: row.due,
    // Due in the future is possible where clocks differ; a wait is never negative.
    dueOldestSeconds: Math.max(0, row.due_oldest),
    parked: row.parked,
    held: row.held,
    heldOldestSeconds: row.held_oldest,
    auditUnsealedSeconds: Math.max(0, row.unsealed),
    runs: row.runs,
    sources: new Map(Object.entries(row.sources)),
    deliveries: row.deliveries,
    openBreakers: row.breakers,
    messagesToday: row.messages,
  }
}

export function readPoolFigures(database: Database): PoolFigures {
  // knex declares its client as any; tarn's pool has had these three for years.
  const pool: {
    numUsed(): number
    numFree(): number
    numPendingAcquires(): number
  } = database.client.pool
  return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() }
}

interface FigureRow {
  readonly due: number
  readonly due_oldest: number
  readonly parked: number
  readonly held: number
  readonly held_oldest: number
  readonly unsealed: number
  readonly runs: Partial<Record<RunStatus, number>>
  readonly sources: Readonly<Record<string, SourceFigures>>
  readonly deliveries: readonly QueuedFigures[]
  readonly breakers: StoreFigures['openBreakers']
  readonly messages: StoreFigures['messagesToday']
}
