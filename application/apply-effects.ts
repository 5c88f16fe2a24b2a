import type { Effect, EnrollmentEffect, RightEffect } from '../domain/effect.ts'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import { cancelUnusable } from './challenges/cancel-unusable.ts'

/** The effects of one identity, in their order. */
export interface IdentityEffects {
  readonly identityId: string
  readonly effects: readonly Effect[]
}

/**
 * Writes effects set-wise: the last image of every row counts, and the pending challenges of what becomes unusable
 * are cancelled with it (architecture rule 5). The caller holds the lock of each identity's state and writes the
 * audit events in the same transaction.
 */
export async function applyEffects(
  trx: Transaction,
  store: Store,
  plans: readonly IdentityEffects[],
  now: Date,
): Promise<void> {
  const rights = new Map<string, { identityId: string; effect: RightEffect }>()
  const rows = new EnrollmentRows()
  for (const { identityId, effects } of plans) {
    for (const effect of effects) {
      if (isRightEffect(effect)) rights.set(`${identityId} ${effect.after.factor}`, { identityId, effect })
      else rows.take(identityId, effect)
    }
  }
  await store.rights.applyRightEffects(trx, [...rights.values()])
  // Deleted first: a row that goes may free the address that another takes.
  await store.enrollments.deleteEnrollments(trx, rows.deleted())
  await store.enrollments.updateEnrollments(trx, rows.updated())
  await store.enrollments.insertEnrollments(trx, rows.inserted())
  // What was not there before had no challenge.
  const touched = plans.filter(({ effects }) => effects.some(({ before }) => before !== null))
  await cancelUnusable(
    trx,
    store,
    touched.map(({ identityId }) => identityId),
    now,
  )
}

export function isRightEffect(effect: Effect): effect is RightEffect {
  return effect.op === 'grant-right' || effect.op === 'revoke-right' || effect.op === 'change-right'
}

interface RowChange {
  readonly identityId: string
  readonly existed: boolean
  readonly after: EnrollmentEffect['after']
}

/** Several effects may touch one row: what counts is whether it stood before the first, and how the last leaves it. */
class EnrollmentRows {
  readonly #changes = new Map<string, RowChange>()

  take(identityId: string, effect: EnrollmentEffect): void {
    const id = effect.after?.id ?? effect.before?.id
    if (id === undefined) return
    const earlier = this.#changes.get(id)
    const existed = earlier?.existed ?? effect.before !== null
    this.#changes.set(id, { identityId, existed, after: effect.after })
  }

  deleted(): readonly string[] {
    return [...this.#changes].filter(([, { existed, after }]) => existed && after === null).map(([id]) => id)
  }

  updated() {
    return this.#rows((existed) => existed)
  }

  inserted() {
    return this.#rows((existed) => !existed)
  }

  #rows(wanted: (existed: boolean) => boolean) {
    return [...this.#changes.values()].flatMap(({ identityId, existed, after }) =>
      after !== null && wanted(existed) ? [{ ...after, identityId }] : [],
    )
  }
}
