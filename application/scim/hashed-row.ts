import type { ScimDocument } from '../../domain/scim-resource.ts'
import { rowOfUser } from '../../scim/user-row.ts'
import { canonicaliseRow, hashRow } from '../canonical-row.ts'
import { type Derivation, derivationText } from '../derivation.ts'
import type { HashedRow } from '../link-rows.ts'
import type { Connection } from './scim-world.ts'

/**
 * A user as a source record, on its way into the core: the same row that a directory or a file gives. `groups` are
 * the names that the store has resolved; null where they are not known here.
 */
export function hashedRowOf(
  { derivation }: { readonly derivation: Derivation },
  { country, trust }: Connection,
  user: {
    readonly id: string
    readonly document: ScimDocument
    readonly groups: readonly string[] | null
  },
): HashedRow & { readonly id: string } {
  const { id, document, groups } = user
  const row = canonicaliseRow(rowOfUser(id, document, { groups, country, trust }))
  return { id, row, hash: hashRow(row, shapeOf(derivation)) }
}

const shapes = new WeakMap<Derivation, string>()

/** What a record's hash is made of beside the row. */
export function shapeOf(derivation: Derivation): string {
  const known = shapes.get(derivation)
  if (known !== undefined) return known
  const shape = derivationText(derivation)
  shapes.set(derivation, shape)
  return shape
}
