import type { Clock } from '../../domain/clock.ts'
import type { Store } from '../../store/store.ts'
import type { DeliverySender } from './delivery-sender.ts'

/** Milliseconds that a delivery may be late before somebody else takes care of it, and how many are taken at once. */
const [lateAfter, codesAtOnce, noticesAtOnce] = [3000, 100, 20] as const

/** Milliseconds between two looks. */
export const offerEvery = 2000

/**
 * Offers queued deliveries that nobody took in time: their process died, Temporal is away, or they are notices whose
 * hour has come. Called every two seconds in each server; a delivery is given to one of them. Few notices at a time,
 * so that a reconciliation of thousands neither floods a provider nor delays a code. Answers how many there were.
 */
export async function offerOverdue(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  sender: DeliverySender,
): Promise<number> {
  const now = clock().getTime()
  const ids = await store.deliveries.claimOverdue(store.database, {
    before: new Date(now - lateAfter),
    until: new Date(now),
    codes: codesAtOnce,
    notices: noticesAtOnce,
  })
  for (const id of ids) sender.offer(id)
  return ids.length
}
