import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import { prefixesRows, type RateStep, ratesBindings, ratesRows } from './rate-steps.ts'

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
  /** Their messages since then are weighed, and those until then are old enough to be judged. */
  readonly weighed: { readonly since: Date; readonly until: Date }
  readonly now: Date
}

/** What was known of the messages to one prefix before this one. */
export interface PrefixRecord {
  readonly prefix: string
  /** Messages old enough to be judged. */
  readonly sent: number
  readonly typed: number
  /** When the open breaker wants its next probe; null: it is closed. */
  readonly probeAt: Date | null
}

export interface CountsAfter {
  /** For each key, microseconds from `now` until all that it has taken is used up. */
  readonly ahead: ReadonlyMap<string, number>
  /** Messages of the budget's slot, this one included. */
  readonly spent: number
  readonly prefixes: readonly PrefixRecord[]
}

interface CountedRow {
  readonly what: 'rate' | 'budget' | 'prefix'
  readonly name: string | null
  readonly amount: string
  readonly typed: number | null
  readonly probeAt: Date | null
}

/**
 * Counts a message everywhere, in one statement, whether it is within its limits or not: the caller looks at what
 * comes back and calls `uncountMessage` where it is not. Generic cell rate: each key stands at the time at which it
 * will be empty. Rows are locked in the order of their keys, so senders never wait for each other in a circle; they stay locked
 * until the transaction ends, so this comes last in it.
 */
export async function countMessage(trx: Transaction, message: CountedMessage): Promise<CountsAfter> {
  const { rates, budget, prefixes, weighed, now } = message
  const { rows } = await runPrepared<{ rows: CountedRow[] }>(trx, 'count-message', countStatement, {
    ...{ ...budget, ...weighed, ...ratesBindings(rates) },
    prefixes: [...prefixes],
    now,
  })
  const of = (kind: CountedRow['what']) => rows.filter(({ what }) => what === kind)
  return {
    ahead: new Map(of('rate').map(({ name, amount }) => [name ?? '', Number(amount)])),
    spent: Number(of('budget')[0]?.amount ?? 0),
    prefixes: of('prefix').map(({ name, amount, typed, probeAt }) => ({
      prefix: name ?? '',
      sent: Number(amount),
      typed: typed ?? 0,
      probeAt,
    })),
  }
}

const countStatement = `
  with rates as (
    insert into send_limits as l (key, arrival)
    select u.key, cast(:now as timestamptz) + make_interval(secs => u.step / 1e6)
    from ${ratesRows} order by u.key
    on conflict (key) do update set arrival = greatest(l.arrival, cast(:now as timestamptz))
      -- Not the interval itself: it may hold days, and those are of 23 hours in some time zones.
      + make_interval(secs => cast(extract(epoch from excluded.arrival - cast(:now as timestamptz)) as float8))
    returning key, cast(extract(epoch from arrival - cast(:now as timestamptz)) * 1000000 as bigint) as ahead),
  spent as (
    insert into message_budget as b (day, channel, proven, slot, sent)
    values (cast(:day as date), :channel, :proven, :slot, 1)
    on conflict (day, channel, proven, slot) do update set sent = b.sent + 1
    returning sent),
  counted as (
    insert into conversions as c (prefix, proven, minute, sent)
    select u.prefix, :proven, date_trunc('minute', cast(:now as timestamptz)), 1
    from ${prefixesRows} order by u.prefix
    on conflict (prefix, proven, minute) do update set sent = c.sent + 1),
  -- As it was when the statement began: this message is not in it.
  records as (
    select u.prefix, b.probe_at, coalesce(sum(c.sent) filter (where c.minute <= :until), 0) as sent,
      cast(coalesce(sum(c.typed), 0) as int) as typed
    from ${prefixesRows}
    left join breakers b on b.prefix = u.prefix and b.proven = :proven
    left join conversions c on c.prefix = u.prefix and c.proven = :proven and c.minute > :since
    group by u.prefix, b.probe_at)
  select 'rate' as what, key as name, ahead as amount, null::int as typed, null::timestamptz as "probeAt" from rates
  union all select 'budget', null, sent, null, null from spent
  union all select 'prefix', prefix, sent, typed, probe_at from records`

/** Takes back exactly what `countMessage` wrote in the same transaction. */
export async function uncountMessage(trx: Transaction, message: CountedMessage): Promise<void> {
  const { rates, budget, prefixes, now } = message
  await trx.raw(
    `with held as materialized (
       select l.key, u.step from send_limits l join ${ratesRows} using (key) order by l.key for update of l),
     given_back as (
       update send_limits l set arrival = l.arrival - make_interval(secs => held.step / 1e6)
       from held where l.key = held.key returning 1),
     spent as (
       update message_budget set sent = sent - 1
       where day = cast(:day as date) and channel = :channel and proven = :proven and slot = :slot)
     update conversions set sent = sent - 1
     where prefix = any(cast(:prefixes as text[])) and proven = :proven and minute = date_trunc('minute', cast(:now as timestamptz))`,
    { ...budget, ...ratesBindings(rates), prefixes, now },
  )
}

/** Codes that were typed, counted together. */
export interface CountedCodes {
  /** Microseconds that their messages give back, by counter. */
  readonly givenBack: ReadonlyMap<string, number>
  /** Messages that are converted. */
  readonly converted: readonly {
    readonly prefix: string
    readonly proven: boolean
    readonly messages: number
  }[]
  readonly now: Date
}

/** A prefix as breakers know it: messages to proven addresses are weighed apart. */
export interface WatchedPrefix {
  readonly prefix: string
  readonly proven: boolean
}

/**
 * Gives the messages of typed codes back to their counters and counts them as converted. Answers the prefixes whose
 * breaker has sent its probe: `closeProbed` is for them. What is empty stays so: time past is no credit. Rows are
 * locked in the order in which senders lock them: counters by key, then conversions.
 */
export async function countTyped(trx: Transaction, codes: CountedCodes): Promise<readonly WatchedPrefix[]> {
  const { givenBack, converted, now } = codes
  const { rows } = await trx.raw<{ rows: { prefix: string | null; proven: boolean }[] }>(
    `with held as materialized (
       select l.key, u.step from send_limits l
       join unnest(cast(:keys as text[]), cast(:steps as float8[])) as u(key, step) using (key)
       order by l.key for update of l),
     given_back as (
       update send_limits l set arrival = l.arrival - make_interval(secs => held.step / 1e6)
       from held where l.key = held.key returning 1),
     typed as materialized (
       select * from unnest(cast(:prefixes as text[]), cast(:proven as boolean[]), cast(:messages as int[]))
         as given(prefix, proven, messages)),
     counted as (
       insert into conversions as c (prefix, proven, minute, typed)
       select prefix, proven, date_trunc('minute', cast(:now as timestamptz)), messages from typed order by prefix, proven
       on conflict (prefix, proven, minute) do update set typed = c.typed + excluded.typed
       returning 1),
     probed as (select prefix, proven from breakers join typed using (prefix, proven) where probed_at is not null)
     select null as prefix, false as proven from given_back
     union all select null, false from counted
     union all select prefix, proven from probed`,
    {
      keys: [...givenBack.keys()],
      steps: [...givenBack.values()],
      prefixes: converted.map(({ prefix }) => prefix),
      proven: converted.map(({ proven }) => proven),
      messages: converted.map(({ messages }) => messages),
      now,
    },
  )
  return rows.flatMap(({ prefix, proven }) => (prefix === null ? [] : [{ prefix, proven }]))
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
