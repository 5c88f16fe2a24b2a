import type { Database, Transaction } from '../database.ts'

/** What is known of the messages to one prefix. */
export interface PrefixRecord {
  readonly prefix: string
  /** Messages old enough to be judged. */
  readonly sent: number
  readonly typed: number
  /** The open breaker, or null. */
  readonly breaker: { readonly probeAt: Date } | null
}

/** Since when messages are weighed, and until when they are old enough. */
export interface WeighedTime {
  readonly since: Date
  readonly until: Date
}

/** One record for each prefix, without a lock. */
export async function readPrefixes(
  database: Database,
  prefixes: readonly string[],
  proven: boolean,
  { since, until }: WeighedTime,
): Promise<readonly PrefixRecord[]> {
  const { rows } = await database.raw<{
    rows: { prefix: string; sent: number; typed: number; probe_at: Date | null }[]
  }>(
    `select u.prefix, b.probe_at, cast(coalesce(sum(c.sent) filter (where c.minute <= :until), 0) as int) as sent,
       cast(coalesce(sum(c.typed), 0) as int) as typed
     from unnest(cast(:prefixes as text[])) as u(prefix)
     left join breakers b on b.prefix = u.prefix and b.proven = :proven
     left join conversions c on c.prefix = u.prefix and c.proven = :proven and c.minute > :since
     group by u.prefix, b.probe_at`,
    { prefixes, proven, since, until },
  )
  return rows.map(({ prefix, sent, typed, probe_at }) => ({
    prefix,
    sent,
    typed,
    breaker: probe_at === null ? null : { probeAt: probe_at },
  }))
}

/** Opens the breaker of a prefix. False where it is open already. */
export async function openBreaker(
  trx: Transaction,
  prefix: string,
  proven: boolean,
  breaker: { readonly mode: 'record' | 'enforce'; readonly openedAt: Date; readonly probeAt: Date },
): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `insert into breakers (prefix, proven, opened_at, mode, probe_at)
     values (:prefix, :proven, :openedAt, :mode, :probeAt) on conflict (prefix, proven) do nothing returning 1`,
    { prefix, proven, ...breaker },
  )
  return rows.length > 0
}

/**
 * Takes the probes that are due of these prefixes' breakers; the next ones are due at `next`. Answers how many it
 * got: of two senders at one time the second gets none.
 */
export async function takeProbes(
  trx: Transaction,
  prefixes: readonly string[],
  proven: boolean,
  now: Date,
  next: Date,
): Promise<number> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `with held as materialized (
       select prefix from breakers where prefix = any(cast(:prefixes as text[])) and proven = :proven order by prefix for update)
     update breakers b set probed_at = :now, probe_at = :next from held
     where b.prefix = held.prefix and b.proven = :proven and b.probe_at <= :now returning 1`,
    { prefixes, proven, now, next },
  )
  return rows.length
}

/** Counts `messages` messages to these prefixes as converted: their code was typed. */
export async function countTyped(
  trx: Transaction,
  prefixes: readonly string[],
  proven: boolean,
  messages: number,
  now: Date,
): Promise<void> {
  await trx.raw(
    `insert into conversions as c (prefix, proven, minute, typed)
     select u.prefix, :proven, date_trunc('minute', cast(:now as timestamptz)), cast(:messages as int)
     from unnest(cast(:prefixes as text[])) as u(prefix) order by u.prefix
     on conflict (prefix, proven, minute) do update set typed = c.typed + excluded.typed`,
    { prefixes, proven, messages, now },
  )
}

/**
 * Closes the breakers of these prefixes whose probe was sent, and forgets the conversions that opened them: they
 * would open them again at once. Answers the prefixes closed.
 */
export async function closeProbed(
  trx: Transaction,
  prefixes: readonly string[],
  proven: boolean,
): Promise<readonly string[]> {
  const { rows } = await trx.raw<{ rows: { prefix: string }[] }>(
    `delete from breakers where prefix = any(cast(:prefixes as text[])) and proven = :proven and probed_at is not null
     returning prefix`,
    { prefixes, proven },
  )
  const closed = rows.map(({ prefix }) => prefix)
  if (closed.length > 0) {
    await trx.raw(
      'delete from conversions where prefix = any(cast(:closed as text[])) and proven = :proven',
      {
        closed,
        proven,
      },
    )
  }
  return closed
}
