import type { Decider, DeciderInForce } from '../../application/decider.ts'
import { compilePolicySet, type PolicySetSource } from '../../policies/decide/compile-policy-set.ts'
import { decideBatch } from '../../policies/decide/decide.ts'
import { findQuiet } from '../../policies/decide/find-quiet.ts'
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
    // It was checked when it was loaded; its documents are kept as they were then.
    const source = stored as PolicySetSource
    const set = compilePolicySet(source)
    compiled = {
      policySet: inForce,
      isQuiet: findQuiet(source.documents),
      decideBatch: (identities, now) => decideBatch(identities, set, now),
    }
    return compiled
  }
}
