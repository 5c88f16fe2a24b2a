import type { RunStatus } from '../../domain/run.ts'
import type { Database } from '../database.ts'

/** What is watched all the time, so it is counted by indexes and small tables only. */
export interface StoreFigures {
  /** Identities that wait for a decision. */
  readonly due: number
  /** Seconds that the oldest of them has waited; 0 where none waits. */
  readonly dueOldestSeconds: number
  /** Identities with effects that a brake holds. */
  readonly held: number
  readonly runs: Partial<Record<RunStatus, number>>
  /** Seconds since each configured source's newest proved read; null where it never had one. */
  readonly provedAgeSeconds: ReadonlyMap<string, number | null>
  /** Ranges of numbers that the conversion breaker holds or would hold, by mode. */
  readonly openBreakers: Partial<Record<'record' | 'enforce', number>>
  /** Messages of this day (UTC), by channel. */
  readonly messagesToday: Partial<Record<'sms' | 'email', number>>
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
    `select d.due, coalesce(extract(epoch from now() - d.oldest), 0)::float8 as due_oldest,
       (select count(*)::int from parked_effects) as held,
       (select coalesce(jsonb_object_agg(status, total), '{}')
        from (select status, count(*) as total from runs group by status) r) as runs,
       (select coalesce(jsonb_object_agg(name, extract(epoch from now() - last_proved_at)::float8), '{}')
        from sources where configured) as proved,
       (select coalesce(jsonb_object_agg(mode, total), '{}')
        from (select mode, count(*) as total from breakers group by mode) b) as breakers,
       (select coalesce(jsonb_object_agg(channel, total), '{}')
        from (select channel, sum(sent) as total from message_budget
              where day = (now() at time zone 'UTC')::date group by channel) m) as messages
     from (select count(*)::int as due, min(due_at) as oldest from identity_states where due_at is not null) d`,
  )
  const [row] = rows
  return {
    due: row.due,
    // Due in the future is possible where clocks differ; a wait is never negative.
    dueOldestSeconds: Math.max(0, row.due_oldest),
    held: row.held,
    runs: row.runs,
    provedAgeSeconds: new Map(Object.entries(row.proved)),
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
  readonly held: number
  readonly runs: Partial<Record<RunStatus, number>>
  readonly proved: Readonly<Record<string, number | null>>
  readonly breakers: StoreFigures['openBreakers']
  readonly messages: StoreFigures['messagesToday']
}
