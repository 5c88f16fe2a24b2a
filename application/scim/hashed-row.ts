import type { ScimDocument } from '../../domain/scim-resource.ts'
import { rowOfUser } from '../../scim/user-row.ts'
import { canonicaliseRow, hashRow } from '../canonical-row.ts'
import type { HashedRow } from '../link-rows.ts'
import type { Connection } from './scim-world.ts'

/**
 * A user as a source record, on its way into the core: the same row that a directory or a file gives. `groups` are
 * the names that the store has resolved.
 */
export function hashedRowOf(
  connection: Connection,
  id: string,
  document: ScimDocument,
  groups: readonly string[] | null,
): HashedRow & { readonly id: string } {
  const { country, trust } = connection
  const row = canonicaliseRow(rowOfUser(id, document, { groups, country, trust }))
  return { id, row, hash: hashRow(row, 'scim') }
}
