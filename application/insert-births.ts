import type { Effect } from '../domain/effect.ts'
import type { Enrollment } from '../domain/enrollment.ts'
import type { Right } from '../domain/right.ts'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import { isRightEffect } from './apply-effects.ts'
import { countEffects } from './count-effects.ts'
import { countReasons, planApplied } from './drain-due.ts'
import type { Birth, PreparedBirths } from './prepare-births.ts'

/**
 * Writes people who were not there with all that policies give them, and the audit event of each, straight into their
 * tables: nobody else can know of them yet, so there is nothing to lock, to compare or to tell.
 */
export async function insertBirths(
  trx: Transaction,
  store: Store,
  births: readonly Birth[],
  { policySet, at, runId }: Pick<PreparedBirths, 'policySet' | 'at'> & { readonly runId: string | null },
): Promise<void> {
  if (births.length === 0) return
  await store.identities.insertDecided(trx, births, { at, policySet })
  const rights: { identityId: string; right: Right }[] = []
  const enrollments: { identityId: string; row: Enrollment }[] = []
  for (const { identity, effects } of births) {
    for (const effect of effects) {
      if (isRightEffect(effect)) rights.push({ identityId: identity.id, right: effect.after })
      else if (effect.after !== null) enrollments.push({ identityId: identity.id, row: effect.after })
    }
  }
  await store.rights.insertRights(trx, rights)
  await store.enrollments.insertEnrollmentsOf(trx, enrollments)
  const batch = { runId, policySet, now: at }
  await store.audit.insertAuditEvents(
    trx,
    births
      .filter(({ effects }) => effects.length > 0)
      .map(({ identity, effects }) => planApplied({ identityId: identity.id, effects }, batch)),
  )
  if (runId !== null) {
    await store.runs.addToRun(trx, runId, {
      effects: countEffects(effectsOf(births)),
      unusable: countReasons(births),
    })
  }
}

function* effectsOf(births: readonly Birth[]): Generator<Effect> {
  for (const { effects } of births) yield* effects
}
