import type { Actor } from '../../domain/actor.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { changeGroupIn, patchedGroup, replacedGroup } from './change-group.ts'
import { commitPush } from './commit-push.ts'
import { createGroupIn } from './create-group.ts'
import { deleteGroupIn } from './delete-group.ts'
import type { Connection, Precondition, ScimWorld } from './scim-world.ts'

/**
 * Groups as a connection pushes them. Each of these is one transaction: the resource, its memberships, the groups of
 * everybody whom they reach, their due marks, and the audit event. Members are never loaded, and never answered. They
 * throw `ScimFault`: 404 for an unknown id, 409 for a `displayName` that is taken, 412 for another version, 400 for a
 * member that the connection does not have.
 */

/** POST (RFC 7644 section 3.3). */
export function createGroup(
  world: ScimWorld,
  connection: Connection,
  body: unknown,
  actor: Actor,
): Promise<StoredResource> {
  return commitPush(world, (trx) => createGroupIn(trx, world, connection, body, actor))
}

/** PUT (RFC 7644 section 3.5.1): the members are those of the body. */
export function replaceGroup(
  world: ScimWorld,
  connection: Connection,
  id: string,
  body: unknown,
  precondition: Precondition,
  actor: Actor,
): Promise<StoredResource> {
  const change = { id, precondition, actor, derive: replacedGroup(connection, body) }
  return commitPush(world, (trx) => changeGroupIn(trx, world, connection, change))
}

/** PATCH (RFC 7644 section 3.5.2). What changes nothing writes nothing. */
export function patchGroup(
  world: ScimWorld,
  connection: Connection,
  id: string,
  body: unknown,
  precondition: Precondition,
  actor: Actor,
): Promise<StoredResource> {
  const change = { id, precondition, actor, derive: patchedGroup(world, connection, body) }
  return commitPush(world, (trx) => changeGroupIn(trx, world, connection, change))
}

/** DELETE (RFC 7644 section 3.6). Its members stay; they are in one group less. */
export function deleteGroup(
  world: ScimWorld,
  connection: Connection,
  id: string,
  precondition: Precondition,
  actor: Actor,
): Promise<void> {
  return commitPush(world, (trx) => deleteGroupIn(trx, world, connection, { id, precondition, actor }))
}
