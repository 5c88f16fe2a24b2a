import type { ResourceType } from '../../domain/scim-resource.ts'
import type { Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

/** Members that a statement added or took away: users, and groups that are nested. */
export interface ChangedMembers {
  readonly users: readonly string[]
  readonly groups: readonly string[]
}

/**
 * Keeps the shape of a connection's groups still (`hold`), or changes it (`change`): what is nested in what, and what
 * groups are called. Who only adds and removes people holds it together with others. Taken after the group's own row.
 */
export async function lockNesting(
  trx: Transaction,
  source: string,
  purpose: 'hold' | 'change',
): Promise<void> {
  const lock = purpose === 'hold' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock'
  await runPrepared(trx, `nesting-${purpose}`, `select ${lock}(hashtextextended(?, 7238216004))`, [source])
}

/** Which of these ids are groups of the connection. */
export async function groupsAmong(
  trx: Transaction,
  source: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await trx.raw<{ rows: { id: string }[] }>(
    'select id from scim_groups where source = ? and id = any(?::uuid[])',
    [source, [...ids]],
  )
  return new Set(rows.map(({ id }) => id))
}

/**
 * Adds users and groups of the connection to a group, in one statement each however many there are and however large
 * the group is. `known` counts the ids that the connection has; members that were there already are not answered.
 */
export async function addMembers(
  trx: Transaction,
  source: string,
  groupId: string,
  { users, groups }: ChangedMembers,
): Promise<ChangedMembers & { readonly known: number }> {
  const { rows } = await trx.raw<{ rows: [{ known: string; added: string[] }] }>(
    // Held, so that none of them is deleted before the membership is there.
    `with found as materialized (
       select id from scim_users where source = ? and id = any(?::uuid[]) order by id for key share),
     added as (
       insert into scim_members (group_id, user_id) select ?, id from found order by id
       on conflict do nothing returning user_id)
     select (select count(*) from found) as known, array(select user_id from added) as added`,
    [source, [...users], groupId],
  )
  const nested = groups.length === 0 ? [] : await nest(trx, groupId, groups)
  return { known: Number(rows[0].known) + groups.length, users: rows[0].added, groups: nested }
}

async function nest(trx: Transaction, groupId: string, groups: readonly string[]): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { child_id: string }[] }>(
    `insert into scim_nested_groups (group_id, child_id)
     select ?, id from unnest(?::uuid[]) asked(id) order by id on conflict do nothing returning child_id`,
    [groupId, [...groups]],
  )
  return rows.map(({ child_id }) => child_id)
}

/** Takes these members away; ids that are no members mean nothing. */
export function removeMembers(
  trx: Transaction,
  groupId: string,
  ids: readonly string[],
): Promise<ChangedMembers> {
  return takeMembers(trx, groupId, 'any', ids)
}

/** Takes every member away that is not among these. */
export function keepMembers(
  trx: Transaction,
  groupId: string,
  ids: readonly string[],
): Promise<ChangedMembers> {
  return takeMembers(trx, groupId, 'other', ids)
}

async function takeMembers(
  trx: Transaction,
  groupId: string,
  which: 'any' | 'other',
  ids: readonly string[],
): Promise<ChangedMembers> {
  const among = (column: string) =>
    which === 'any'
      ? `${column} = any(:ids)`
      : `not exists (select 1 from unnest(cast(:ids as uuid[])) k(id) where k.id = ${column})`
  const { rows } = await trx.raw<{ rows: [ChangedMembers] }>(
    `with users as (
       delete from scim_members where group_id = :groupId and ${among('user_id')} returning user_id),
     nested as (
       delete from scim_nested_groups where group_id = :groupId and ${among('child_id')} returning child_id)
     select array(select user_id from users) as users, array(select child_id from nested) as groups`,
    { groupId, ids: [...ids] },
  )
  return rows[0]
}

/** Takes every member of a type away (null: of both). */
export async function clearMembers(
  trx: Transaction,
  groupId: string,
  type: ResourceType | null,
): Promise<ChangedMembers> {
  const { rows } = await trx.raw<{ rows: [ChangedMembers] }>(
    `with users as (
       delete from scim_members where group_id = :groupId and :people returning user_id),
     nested as (
       delete from scim_nested_groups where group_id = :groupId and :nested returning child_id)
     select array(select user_id from users) as users, array(select child_id from nested) as groups`,
    { groupId, people: type !== 'Group', nested: type !== 'User' },
  )
  return rows[0]
}

/** Locks the groups that a resource is a direct member of, in id order. */
export async function lockGroupsOf(trx: Transaction, source: string, memberId: string): Promise<void> {
  await runPrepared(
    trx,
    'lock-groups-of',
    `select 1 from scim_groups where source = :source and id in (
       select group_id from scim_members where user_id = :memberId
       union all select group_id from scim_nested_groups where child_id = :memberId)
     order by id for no key update`,
    { source, memberId },
  )
}

/** Takes a user out of its groups, whose version moves: they are locked. */
export async function leaveGroups(trx: Transaction, userId: string, at: Date): Promise<void> {
  await runPrepared(
    trx,
    'leave-groups',
    `with gone as (delete from scim_members where user_id = ? returning group_id)
     update scim_groups set version = version + 1, modified_at = ? where id in (select group_id from gone)`,
    [userId, at],
  )
}

/** Every user beneath these groups, through nested ones too, in id order. A ring of groups ends by itself. */
export async function usersBeneath(
  trx: Transaction,
  groupIds: readonly string[],
): Promise<readonly string[]> {
  if (groupIds.length === 0) return []
  const { rows } = await trx.raw<{ rows: { user_id: string }[] }>(
    `with recursive beneath(id) as (
       select unnest(?::uuid[])
       union select n.child_id from beneath b join scim_nested_groups n on n.group_id = b.id)
     select distinct m.user_id from beneath b join scim_members m on m.group_id = b.id order by m.user_id`,
    [[...groupIds]],
  )
  return rows.map(({ user_id }) => user_id)
}

/**
 * Writes to the source records of these users the names of the groups that they are in, nested ones resolved, and to the
 * identities of those records, which are due then. Answers the identities that have further records: they are locked, and
 * still to be composed.
 */
export async function refreshGroups(
  trx: Transaction,
  source: string,
  userIds: readonly string[],
  at: Date,
): Promise<readonly string[]> {
  if (userIds.length === 0) return []
  const { rows } = await runPrepared<{ rows: [{ several: readonly string[] }] }>(
    trx,
    'refresh-groups',
    'select refresh_groups(?, ?::text[], ?) as several',
    [source, [...userIds], at],
  )
  return rows[0].several
}
