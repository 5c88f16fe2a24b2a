import type { ScimDocument } from '../../domain/scim-resource.ts'
import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

/** A group as its table keeps it. The key is folded already (`foldKey`). */
export interface ScimGroupRow {
  readonly id: string
  readonly displayName: string
  readonly displayNameKey: string
  readonly externalId: string | null
  readonly document: ScimDocument
}

/** A group whose row this transaction has locked. */
export interface LockedGroup {
  readonly document: ScimDocument
  readonly version: number
  readonly createdAt: Date
  readonly modifiedAt: Date
}

/** Writes a new group; a `displayName` that is taken fails on the index `scim_groups_display_name`. */
export async function insertScimGroup(
  trx: Transaction,
  source: string,
  group: ScimGroupRow,
  at: Date,
): Promise<void> {
  await trx.raw(
    `insert into scim_groups (id, source, display_name, display_name_key, external_id, created_at, modified_at, document)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      group.id,
      source,
      group.displayName,
      group.displayNameKey,
      group.externalId,
      at,
      at,
      JSON.stringify(group.document),
    ],
  )
}

/**
 * One group, locked: whoever changes its members waits, whoever nests it elsewhere does not, unless it is to be
 * deleted. Null where the connection has no such group.
 */
export async function lockScimGroup(
  trx: Transaction,
  source: string,
  id: string,
  purpose: 'change' | 'delete',
): Promise<LockedGroup | null> {
  const { rows } = await runPrepared<{ rows: (LockedGroup & { readonly version: string })[] }>(
    trx,
    `lock-scim-group-to-${purpose}`,
    `select document, version, created_at as "createdAt", modified_at as "modifiedAt" from scim_groups
     where id = ? and source = ? for ${purpose === 'delete' ? 'update' : 'no key update'}`,
    [id, source],
  )
  const [row] = rows
  return row === undefined ? null : { ...row, version: Number(row.version) }
}

/** Writes a changed group whose row is locked; the version moves. */
export async function updateScimGroup(trx: Transaction, group: ScimGroupRow, at: Date): Promise<void> {
  await runPrepared(
    trx,
    'update-scim-group',
    `update scim_groups set display_name = ?, display_name_key = ?, external_id = ?, document = ?, version = version + 1,
       modified_at = ? where id = ?`,
    [group.displayName, group.displayNameKey, group.externalId, JSON.stringify(group.document), at, group.id],
  )
}

/** Deletes a group that is locked, with its memberships; the groups that it was nested in have another version. */
export async function deleteScimGroup(trx: Transaction, id: string, at: Date): Promise<void> {
  await trx.raw(
    `update scim_groups set version = version + 1, modified_at = ?
     where id in (select group_id from scim_nested_groups where child_id = ?)`,
    [at, id],
  )
  await trx.raw(
    'with gone as (delete from scim_members where group_id = ?) delete from scim_groups where id = ?',
    [id, id],
  )
}
