import type { Clock } from '../domain/clock.ts'
import type { Store } from '../store/store.ts'

/**
 * Called by each process before it works: where the database is a restored copy, ends what may have gone out before.
 * A message that somebody was sending when the copy was made was sent or not, and nobody knows any more; it is not sent
 * again. What nobody had begun to send is still sent, and runs whose workflow is gone are closed by the sweep. Answers
 * how many messages were ended; null: this is no copy.
 */
export function settleRestore({
  store,
  clock,
}: {
  readonly store: Store
  readonly clock: Clock
}): Promise<number | null> {
  return store.transaction(async (trx) => {
    const { place, former } = await store.installation.movePlace(trx)
    if (former === null || former === place) return null
    const now = clock()
    const ended = await store.deliveries.endLeased(trx, now)
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'installation-restored',
        actor: { kind: 'system', id: 'start' },
        identityId: null,
        runId: null,
        policySet: null,
        effects: null,
        reason: null,
        detail: { deliveriesEnded: ended },
      },
    ])
    return ended
  })
}
