import type { Transaction } from '../database.ts'

/** What one message takes of one counter: `step` in microseconds of its rate. */
export interface RateStep {
  readonly key: string
  readonly step: number
}

export interface BudgetSlot {
  /** `YYYY-MM-DD` in UTC. */
  readonly day: string
  readonly channel: 'email' | 'sms'
  readonly proven: boolean
  readonly slot: number
}

/** A message as it is counted. */
export interface CountedMessage {
  readonly rates: readonly RateStep[]
  readonly budget: BudgetSlot
  /** Prefixes of the number whose conversion is watched. */
  readonly prefixes: readonly string[]
  readonly now: Date
}

export interface CountsAfter {
  /** For each key, microseconds from `now` until all that it has taken is used up. */
  readonly ahead: ReadonlyMap<string, number>
  /** Messages of the budget's slot, this one included. */
  readonly spent: number
}

/**
 * Counts a message everywhere, in one statement, whether it is within its limits or not: the caller looks at what
 * comes back and calls `uncountMessage` where it is not. Generic cell rate: each key stands at the time at which it
 * will be empty. Rows are locked in the order of their keys, so senders never wait for each other in a circle; they stay locked
 * until the transaction ends, so this comes last in it.
 */
export async function countMessage(trx: Transaction, message: CountedMessage): Promise<CountsAfter> {
  const { rates, budget, prefixes, now } = message
  const { rows } = await trx.raw<{ rows: { key: string | null; amount: string }[] }>(
    `with rates as (
       insert into send_limits as l (key, arrival)
       select u.key, cast(:now as timestamptz) + make_interval(secs => u.step / 1e6)
       from unnest(cast(:keys as text[]), cast(:steps as float8[])) as u(key, step) order by u.key
       on conflict (key) do update set arrival = greatest(l.arrival, cast(:now as timestamptz))
         -- Not the interval itself: it may hold days, and those are of 23 hours in some time zones.
         + make_interval(secs => cast(extract(epoch from excluded.arrival - cast(:now as timestamptz)) as float8))
       returning key, cast(extract(epoch from arrival - cast(:now as timestamptz)) * 1000000 as bigint) as amount),
     spent as (
       insert into message_budget as b (day, channel, proven, slot, sent)
       values (cast(:day as date), :channel, :proven, :slot, 1)
       on conflict (day, channel, proven, slot) do update set sent = b.sent + 1
       returning sent),
     counted as (
       insert into conversions as c (prefix, proven, minute, sent)
       select u.prefix, :proven, date_trunc('minute', cast(:now as timestamptz)), 1
       from unnest(cast(:prefixes as text[])) as u(prefix) order by u.prefix
       on conflict (prefix, proven, minute) do update set sent = c.sent + 1)
     select key, amount from rates union all select null, sent from spent`,
    { ...budget, keys: rates.map(({ key }) => key), steps: rates.map(({ step }) => step), prefixes, now },
  )
  const ahead = new Map<string, number>()
  let spent = 0
  for (const { key, amount } of rows) {
    if (key === null) spent = Number(amount)
    else ahead.set(key, Number(amount))
  }
  return { ahead, spent }
}

/** Takes back exactly what `countMessage` wrote in the same transaction. */
export async function uncountMessage(trx: Transaction, message: CountedMessage): Promise<void> {
  const { rates, budget, prefixes, now } = message
  await giveBack(trx, rates, 1)
  await trx.raw(
    `with spent as (
       update message_budget set sent = sent - 1
       where day = cast(:day as date) and channel = :channel and proven = :proven and slot = :slot)
     update conversions set sent = sent - 1
     where prefix = any(cast(:prefixes as text[])) and proven = :proven and minute = date_trunc('minute', cast(:now as timestamptz))`,
    { ...budget, prefixes, now },
  )
}

/** Gives `messages` messages back to these counters. What is empty stays so: time past is no credit. */
export async function giveBack(
  trx: Transaction,
  rates: readonly RateStep[],
  messages: number,
): Promise<void> {
  await trx.raw(
    `with held as materialized (
       select l.key, u.step from send_limits l join unnest(cast(:keys as text[]), cast(:steps as float8[])) as u(key, step) using (key)
       order by l.key for update of l)
     update send_limits l set arrival = l.arrival - make_interval(secs => held.step * cast(:messages as int) / 1e6)
     from held where l.key = held.key`,
    { keys: rates.map(({ key }) => key), steps: rates.map(({ step }) => step), messages },
  )
}

/** Forgets what no longer limits anybody. Answers the number of counters forgotten. */
export async function pruneLimits(trx: Transaction, now: Date, keepFrom: Date): Promise<number> {
  const { rows } = await trx.raw<{ rows: [{ gone: number }] }>(
    // A row that a sender holds is left to the next round: nobody waits for the sweep, nor it for anybody.
    `with gone as (
       delete from send_limits where key in
         (select key from send_limits where arrival < :now order by key for update skip locked) returning 1),
     conversions_gone as (delete from conversions where minute < :keepFrom),
     days_gone as (delete from message_budget where day < cast(:now as date) - 31)
     select cast(count(*) as int) as gone from gone`,
    { now, keepFrom },
  )
  return rows[0].gone
}
