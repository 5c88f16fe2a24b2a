import { createHash } from 'node:crypto'
import { canonicalJson } from '../domain/canonical-json.ts'
import type { ConditionDocument, PolicyDocument } from './policy-schema.ts'
import type { PolicySettings } from './policy-settings.ts'

/** Raised when a release decides differently from the same documents: then nobody is served by an old decision. */
const semantics = 1

/**
 * The name of a policy set: `sha256:` over all that its decisions depend on, in an order of its own. Files may be
 * renamed and reordered, and sources listed in another order, without another digest.
 */
export function digestPolicySet(
  documents: readonly PolicyDocument[],
  conditions: readonly ConditionDocument[],
  settings: PolicySettings,
): string {
  const whole = {
    semantics,
    documents: documents.toSorted(byId),
    conditions: conditions.toSorted(byId),
    settings: { ...settings, groupsFrom: settings.groupsFrom?.toSorted() ?? null },
  }
  return `sha256:${createHash('sha256').update(canonicalJson(whole)).digest('hex')}`
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : Number(left.id > right.id)
}
