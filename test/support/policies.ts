import { v7 as newId } from 'uuid'
import { type LoadedPolicySet, loadPolicySet } from '../../application/load-policy-set.ts'
import type { Clock } from '../../domain/clock.ts'
import { digestPolicySet } from '../../policies/digest-policy-set.ts'
import { policyFrame } from '../../policies/policy-schema.ts'
import type { Store } from '../../store/store.ts'

/** Puts documents in force as a loaded folder would, without the folder: days are of UTC, no custom attributes. */
export function putInForce(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  documents: readonly object[],
): Promise<LoadedPolicySet> {
  const parsed = documents.map((document) => policyFrame.parse(document))
  const settings = { timeZone: 'UTC', customAttributes: {}, groupsFrom: null }
  const set = { id: digestPolicySet(parsed, [], settings), documents: parsed, conditions: [], settings }
  return loadPolicySet({ store, clock, newId }, set, { kind: 'admin', id: 'test' })
}
