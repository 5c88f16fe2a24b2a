import type { Clock } from '../../domain/clock.ts'
import type { Store } from '../../store/store.ts'

/** As long as conversions may be weighed: `breaker.window` is 7 days at most. */
const keptMs = 8 * 86_400_000

/** Forgets counters that are empty and conversions that nobody weighs any more. Answers how many counters went. */
export function pruneLimits({
  store,
  clock,
}: {
  readonly store: Store
  readonly clock: Clock
}): Promise<number> {
  const now = clock()
  return store.transaction((trx) => store.limits.pruneLimits(trx, now, new Date(now.getTime() - keptMs)))
}
