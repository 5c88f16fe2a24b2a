/** What one message takes of one counter: `step` in microseconds of its rate. */
export interface RateStep {
  readonly key: string
  readonly step: number
}

/** A code that was typed, as it is counted. */
export interface CountedCode {
  /** What its messages took of these counters is given back. */
  readonly rates: readonly RateStep[]
  readonly prefixes: readonly string[]
  readonly proven: boolean
  /** Messages that carried it. */
  readonly messages: number
  readonly now: Date
}

/**
 * Lists have a limit, so that a plan for any list costs what a plan for this one does: else PostgreSQL plans every
 * time, which takes longer than the work.
 */
const mostRates = 16
const mostPrefixes = 2
export const ratesRows = `(select key, step from unnest(cast(:keys as text[]), cast(:steps as float8[])) as given(key, step)
  limit ${mostRates}) u`
export const prefixesRows = `(select prefix from unnest(cast(:prefixes as text[])) as given(prefix) limit ${mostPrefixes}) u`

/** The parts of a statement that give `:messages` steps back, in the order of keys, where `guard` holds. */
export function giveBackSteps(guard = 'true'): string {
  return `
  held as materialized (
    select l.key, u.step from send_limits l
    join ${ratesRows} using (key)
    where ${guard} order by l.key for update of l),
  given_back as (
    update send_limits l set arrival = l.arrival - make_interval(secs => held.step * cast(:messages as int) / 1e6)
    from held where l.key = held.key returning 1)`
}

/**
 * The parts of a statement that count a typed code, where `guard` holds. Read `given_back` before `counted`, for that
 * is the order in which senders lock; `probed` names the prefixes whose breaker has sent its probe.
 */
export function typedSteps(guard = 'true'): string {
  return `${giveBackSteps(guard)},
  counted as (
    insert into conversions as c (prefix, proven, minute, typed)
    select u.prefix, :proven, date_trunc('minute', cast(:now as timestamptz)), cast(:messages as int)
    from ${prefixesRows} where ${guard} order by u.prefix
    on conflict (prefix, proven, minute) do update set typed = c.typed + excluded.typed
    returning 1),
  probed as (
    select prefix from breakers
    where prefix in (select prefix from ${prefixesRows}) and proven = :proven and probed_at is not null)`
}

export function typedBindings({ rates, prefixes, proven, messages, now }: CountedCode) {
  return { ...ratesBindings(rates), prefixes: [...prefixes], proven, messages, now }
}

/** Throws where a list is longer than the statements read. */
export function ratesBindings(rates: readonly RateStep[]): { keys: string[]; steps: number[] } {
  if (rates.length > mostRates) throw new Error(`A message has more than ${mostRates} counters.`)
  return { keys: rates.map(({ key }) => key), steps: rates.map(({ step }) => step) }
}
