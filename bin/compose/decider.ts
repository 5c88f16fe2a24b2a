import type { Decider, DeciderInForce } from '../../application/decider.ts'
import { compilePolicySet } from '../../policies/compile-policy-set.ts'
import { decideBatch } from '../../policies/decide.ts'
import type { Store } from '../../store/store.ts'

/** Compiles the set in force once, and again when another takes its place. */
export function createDecider(store: Store): DeciderInForce {
  let compiled: Decider | null = null
  return async () => {
    const inForce = await store.policySets.readInForce(store.database)
    if (inForce === null) return null
    if (compiled?.policySet === inForce) return compiled
    const stored = await store.policySets.readPolicySet(store.database, inForce)
    if (stored === null) return null
    const set = compilePolicySet(stored)
    compiled = { policySet: inForce, decideBatch: (identities, now) => decideBatch(identities, set, now) }
    return compiled
  }
}
