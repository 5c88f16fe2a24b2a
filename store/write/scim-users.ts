import type { ScimDocument } from '../../domain/scim-resource.ts'
import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import { recordColumnsOfR, type StoredRecord, withIsoTimes } from './source-records.ts'

/** A user as its tables keep it. Keys are folded already (`foldKey`). */
export interface ScimUserRow {
  readonly id: string
  readonly userNameKey: string
  readonly externalId: string | null
  readonly displayNameKey: string | null
  readonly active: boolean
  readonly document: ScimDocument
  readonly addresses: readonly ScimAddressKey[]
}

/** One address that filters can ask for. */
export interface ScimAddressKey {
  readonly attribute: 'emails' | 'phoneNumbers'
  readonly key: string
}

/** A user whose row and source record this transaction has locked. */
export interface LockedUser {
  readonly document: ScimDocument
  readonly version: number
  readonly createdAt: Date
  readonly modifiedAt: Date
  readonly record: StoredRecord
}

/** Writes new users; a `userName` that is taken fails on the index `scim_users_user_name`. */
export async function insertScimUsers(
  trx: Transaction,
  source: string,
  users: readonly ScimUserRow[],
  at: Date,
): Promise<void> {
  await runPrepared(
    trx,
    'insert-scim-users',
    `with given as materialized (
       select * from jsonb_to_recordset(cast(:users as jsonb)) as u(id uuid, "userNameKey" text, "externalId" text,
         "displayNameKey" text, active boolean, document jsonb, addresses jsonb)),
     addresses as (
       insert into scim_addresses (user_id, source, attribute, value_key)
       select g.id, :source, a.attribute, a.key
       from given g, jsonb_to_recordset(g.addresses) as a(attribute text, key text))
     insert into scim_users (id, source, user_name_key, external_id, display_name_key, active, created_at, modified_at,
       document)
     select id, :source, "userNameKey", "externalId", "displayNameKey", active, cast(:at as timestamptz),
       cast(:at as timestamptz), document
     from given order by "userNameKey"`,
    { users: JSON.stringify(users), source, at },
  )
}

/**
 * One user with its source record, both locked: the user's row first. `delete` also keeps others from naming the user
 * as a member meanwhile. Null where the connection has no such user.
 */
export async function lockScimUser(
  trx: Transaction,
  source: string,
  id: string,
  purpose: 'change' | 'delete',
): Promise<LockedUser | null> {
  const strength = purpose === 'delete' ? 'update' : 'no key update'
  const { rows } = await runPrepared<{ rows: LockedRow[] }>(
    trx,
    `lock-scim-user-to-${purpose}`,
    `select ${recordColumnsOfR}, u.document as "userDocument", u.version as "userVersion",
       u.created_at as "userCreatedAt", u.modified_at as "userModifiedAt"
     from scim_users u, source_records r
     where u.id = :id and u.source = :source and r.source = :source and r.external_id = :externalId
     for ${strength} of u, r`,
    { id, source, externalId: id },
  )
  const [row] = rows
  if (row === undefined) return null
  const { userDocument, userVersion, userCreatedAt, userModifiedAt, ...record } = withIsoTimes(row)
  return {
    document: userDocument,
    version: Number(userVersion),
    createdAt: userCreatedAt,
    modifiedAt: userModifiedAt,
    record,
  }
}

interface LockedRow extends StoredRecord {
  readonly userDocument: ScimDocument
  readonly userVersion: string
  readonly userCreatedAt: Date
  readonly userModifiedAt: Date
}

/** Writes a changed user whose row is locked; the version moves. */
export async function updateScimUser(trx: Transaction, user: ScimUserRow, at: Date): Promise<void> {
  await runPrepared(
    trx,
    'update-scim-user',
    `update scim_users set user_name_key = ?, external_id = ?, display_name_key = ?, active = ?, document = ?,
       version = version + 1, modified_at = ? where id = ?`,
    [
      user.userNameKey,
      user.externalId,
      user.displayNameKey,
      user.active,
      JSON.stringify(user.document),
      at,
      user.id,
    ],
  )
}

/** Puts these addresses in the place of those that filters found the user by. */
export async function replaceScimAddresses(
  trx: Transaction,
  source: string,
  userId: string,
  addresses: readonly ScimAddressKey[],
): Promise<void> {
  await trx.raw(
    `with gone as (delete from scim_addresses where user_id = :userId)
     insert into scim_addresses (user_id, source, attribute, value_key)
     select cast(:userId as uuid), :source, a.attribute, a.key
     from jsonb_to_recordset(cast(:addresses as jsonb)) as a(attribute text, key text)`,
    { userId, source, addresses: JSON.stringify(addresses) },
  )
}

/** Deletes a user that is locked and has left its groups, with its addresses. */
export async function deleteScimUser(trx: Transaction, id: string): Promise<void> {
  await runPrepared(
    trx,
    'delete-scim-user',
    'with gone as (delete from scim_addresses where user_id = ?) delete from scim_users where id = ?',
    [id, id],
  )
}

/** The id of the one user that the client calls so, or null where there is none, or several. */
export async function findByExternalId(
  trx: Transaction,
  source: string,
  externalId: string,
): Promise<string | null> {
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    'select id from scim_users where source = ? and external_id = ? limit 2',
    [source, externalId],
  )
  return rows.length === 1 ? (rows[0]?.id ?? null) : null
}
