import type { Transaction } from '../../store/database.ts'
import type { Store } from '../../store/store.ts'

/**
 * Cancels the pending challenges of what became unusable, in the transaction that made it so (architecture rule 5).
 * Call it after the rights and enrollments of these identities were written.
 */
export async function cancelUnusable(
  trx: Transaction,
  store: Store,
  identityIds: readonly string[],
  now: Date,
): Promise<void> {
  const cancelled = await store.challenges.cancelUnusable(trx, identityIds)
  await store.audit.insertAuditEvents(
    trx,
    cancelled.map(({ id, identityId }) => ({
      at: now,
      action: 'challenge-cancelled',
      actor: { kind: 'system', id: 'challenges' },
      identityId,
      runId: null,
      policySet: null,
      effects: null,
      reason: 'no-longer-usable',
      detail: { challenge: id },
    })),
  )
}
