import { MusterError } from '../domain/error.ts'
import type { PolicySetSource } from '../policies/decide/compile-policy-set.ts'
import type { Store } from '../store/store.ts'

/** The policy set in force. Throws `not-found`, with what to do, where none was ever loaded. */
export async function readSetInForce({ database, policySets }: Store): Promise<PolicySetSource> {
  const id = await policySets.readInForce(database)
  const stored = id === null ? null : await policySets.readPolicySet(database, id)
  if (stored === null) {
    throw new MusterError('not-found', 'No policy set is in force yet. Load one with: muster policies load')
  }
  // It was checked when it was loaded; its documents are kept as they were then.
  return stored as PolicySetSource
}
