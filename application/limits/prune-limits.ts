import type { Clock } from '../../domain/clock.ts'
import type { LimitSettings } from '../../domain/limit-settings.ts'
import type { Store } from '../../store/store.ts'

/** Forgets counters that are empty and conversions that are no longer weighed. Answers how many counters went. */
export function pruneLimits(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  settings: LimitSettings,
): Promise<number> {
  const now = clock()
  const keepFrom = new Date(now.getTime() - settings.breaker.window)
  return store.transaction((trx) => store.limits.pruneLimits(trx, now, keepFrom))
}
