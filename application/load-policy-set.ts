import type { Actor } from '../domain/actor.ts'
import type { Clock } from '../domain/clock.ts'
import type { Store } from '../store/store.ts'
import type { StoredPolicySet } from '../store/write/policy-sets.ts'

export interface LoadedPolicySet {
  /** `sha256:…` */
  readonly policySet: string
  readonly documents: number
  /** Identities that became due; 0 where this set was in force already. */
  readonly due: number
  /** The roll-out that decides them, or null where nothing changed. */
  readonly runId: string | null
}

/**
 * Puts a validated set in force and makes everybody due, in one transaction. The set was validated and digested by
 * `policies/`; every worker reads it from PostgreSQL.
 */
export async function loadPolicySet(
  world: { readonly store: Store; readonly clock: Clock; readonly newId: () => string },
  set: StoredPolicySet,
  actor: Actor,
): Promise<LoadedPolicySet> {
  const { store, clock } = world
  const now = clock()
  const documents = set.documents.length
  return store.transaction(async (trx) => {
    if ((await store.policySets.lockInForce(trx)) === set.id)
      return { policySet: set.id, documents, due: 0, runId: null }
    await store.policySets.insertPolicySet(trx, set, now, actor.id)
    await store.policySets.putInForce(trx, set.id, now)
    const wanted = {
      id: world.newId(),
      source: null,
      kind: 'policies',
      requestedBy: actor,
      workflowId: null,
      policySet: set.id,
    } as const
    const { id: runId, joined } = await store.runs.insertRun(trx, wanted, now)
    // A roll-out that goes on decides by this set from its next batch on.
    if (joined) await store.runs.setPolicySet(trx, runId, set.id)
    const due = await store.identities.markEverybodyDue(trx, { at: now, reason: 'policy-set', runId })
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'policy-set-loaded',
        actor,
        identityId: null,
        runId,
        policySet: set.id,
        effects: null,
        reason: null,
        detail: { documents, due },
      },
    ])
    return { policySet: set.id, documents, due, runId }
  })
}
