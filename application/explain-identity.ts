import type { Clock } from '../domain/clock.ts'
import { type DecisionView, viewDecision } from '../domain/decision-view.ts'
import { MusterError } from '../domain/error.ts'
import { compilePolicySet } from '../policies/decide/compile-policy-set.ts'
import { explainDecision } from '../policies/decide/explain-decision.ts'
import type { Store } from '../store/store.ts'
import { readSetInForce } from './read-set-in-force.ts'

/** Says what the set in force decides of an identity now, and why. Throws `not-found`. */
export type ExplainIdentity = (id: string, revealed: boolean) => Promise<DecisionView>

/** Nothing is changed by asking. The compiled set is kept until another is in force. */
export function createExplainer({
  store,
  clock,
}: {
  readonly store: Store
  readonly clock: Clock
}): ExplainIdentity {
  let compiled: ReturnType<typeof compilePolicySet> | null = null
  let compiledOf: string | null = null
  return async (id, revealed) => {
    const { database } = store
    const inForce = await store.policySets.readInForce(database)
    if (compiled === null || compiledOf !== inForce) {
      compiled = compilePolicySet(await readSetInForce(store))
      compiledOf = inForce
    }
    const [facts] = await store.identities.readIdentities(database, [id])
    if (facts === undefined) throw new MusterError('not-found', 'There is no such identity.')
    const enrollments = await store.enrollments.readEnrollments(database, [id])
    return viewDecision(await explainDecision(facts, compiled, clock()), enrollments, revealed)
  }
}
