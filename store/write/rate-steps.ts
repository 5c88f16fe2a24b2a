/** What one message takes of one counter: `step` in microseconds of its rate. */
export interface RateStep {
  readonly key: string
  readonly step: number
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

/** Throws where a list is longer than the statements read. */
export function ratesBindings(rates: readonly RateStep[]): { keys: string[]; steps: number[] } {
  if (rates.length > mostRates) throw new Error(`A message has more than ${mostRates} counters.`)
  return { keys: rates.map(({ key }) => key), steps: rates.map(({ step }) => step) }
}
