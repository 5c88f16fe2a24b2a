import type { Logger } from 'pino'
import type { Clock } from '../../domain/clock.ts'
import type { Database } from '../../store/database.ts'

/** A clock that follows the database's. */
export interface DatabaseClock {
  readonly clock: Clock
  /** Looks at the database's now: nothing is decided by the clock before. Rejects where it does not answer. */
  look(): Promise<void>
  /** No more looks. */
  close(): void
}

export interface ClockOptions {
  readonly log: Logger
  /** Milliseconds since 1970 as this machine says them. */
  readonly systemTime?: () => number
}

/** Milliseconds between two looks, and from which difference on the operator should know. */
const [lookEvery, worthSaying] = [30_000, 2000] as const

/**
 * Measures how far this machine's clock is from PostgreSQL's and gives times by the latter. Several processes write
 * dates that others compare (deadlines, what is due, grace), half of them by `now()` in SQL: with one clock for all, a
 * machine whose clock is wrong breaks no promise.
 */
export function followDatabaseClock(
  database: Database,
  { log, systemTime = Date.now }: ClockOptions,
): DatabaseClock {
  let offset = 0
  const look = async () => {
    const before = systemTime()
    const { rows } = await database.raw<{ rows: { now: number }[] }>(
      'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
    )
    const after = systemTime()
    const found = (rows[0]?.now ?? after) - (before + after) / 2
    if (Math.abs(found) >= worthSaying && Math.abs(found - offset) >= worthSaying)
      log.warn({ ms: Math.round(found) }, "This machine's clock differs from the database's, which is used.")
    offset = found
  }
  // A database that is away is somebody else's to report; the last difference still holds.
  const timer = setInterval(() => void look().catch(() => undefined), lookEvery).unref()
  return {
    clock: () => new Date(Math.round(systemTime() + offset)),
    look,
    close: () => clearInterval(timer),
  }
}
