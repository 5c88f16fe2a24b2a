import type { Clock } from '../../domain/clock.ts'
import { withStatus } from '../../domain/enrollment-status.ts'
import type { Store } from '../../store/store.ts'
import { cancelUnusable } from '../challenges/cancel-unusable.ts'

/** An address that a provider says can never be reached. */
export interface UndeliverableAddress {
  readonly enrollmentId: string | null
  /** What the message went to; null where that is not known any more. */
  readonly address: string | null
  /** The fault's code, for the audit trail. */
  readonly reason: string
}

/**
 * The enrollment cannot be used until its address is proven again. Nothing happens where it is so already, where the
 * enrollment is gone, or has another address by now.
 */
export async function markUndeliverable(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { enrollmentId, address, reason }: UndeliverableAddress,
): Promise<void> {
  if (enrollmentId === null) return
  await store.transaction(async (trx) => {
    const found = await store.enrollments.readEnrollment(trx, enrollmentId)
    if (found === null) return
    const { identityId } = found
    await store.identities.lockIdentities(trx, [identityId])
    const before = await store.enrollments.readEnrollment(trx, enrollmentId)
    if (before === null || before.removed !== null || before.undeliverableSince !== null) return
    if (address !== null && before.address !== address) return
    const right = (await store.rights.readRights(trx, [identityId])).find(
      ({ factor }) => factor === before.factor,
    )
    const at = clock()
    const now = at.toISOString()
    const context = { rightEffective: right?.effective ?? false, now }
    const { identityId: _, ...row } = before
    const after = withStatus({ ...row, undeliverableSince: now }, context)
    await store.enrollments.updateEnrollments(trx, [{ ...after, identityId }])
    await cancelUnusable(trx, store, [identityId], at)
    await store.identities.markDue(trx, [identityId], { at, reason: 'manual', runId: null })
    await store.audit.insertAuditEvents(trx, [
      {
        at,
        action: 'enrollment-changed',
        actor: { kind: 'system', id: 'delivery' },
        identityId,
        runId: null,
        policySet: null,
        effects: null,
        reason,
        detail: {
          enrollment: before.id,
          factor: before.factor,
          before: row,
          after,
        },
      },
    ])
  })
}
