import type { IdentityFacts } from '../../domain/decision.ts'
import type { FilterDocument } from '../../domain/filter.ts'

/** The part of an identity that filters see. */
type Identity = Pick<IdentityFacts, 'id' | 'active' | 'attributes' | 'sources'>

/**
 * The document that filters are evaluated on: the canonical attributes as `identities show` prints them, with
 * `id`, `active` and `sources`. `groupsFrom` leaves only the groups of these sources, as policies see them: a
 * group of the same name in another source must not let anybody in. Null keeps all.
 */
export function identityDocument(
  identity: Identity,
  groupsFrom: readonly string[] | null = null,
): FilterDocument {
  const { id, active, attributes, sources } = identity
  const document: Record<string, unknown> = { ...attributes, id, active, sources }
  if (groupsFrom !== null && attributes.groups !== undefined) {
    document['groups'] = attributes.groups.filter(
      ({ source }) => source !== undefined && groupsFrom.includes(source),
    )
  }
  return document
}
