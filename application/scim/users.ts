import type { Actor } from '../../domain/actor.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { changeUserIn, patched, replaced } from './change-user.ts'
import { commitPush } from './commit-push.ts'
import { deleteUserIn } from './delete-user.ts'
import type { Connection, Precondition, ScimWorld } from './scim-world.ts'

/**
 * Users as a connection changes them. Each of these is one transaction: the resource, its source record, the identity,
 * its due mark, what a leaver loses, and the audit event. They throw `ScimFault`: 404 for an unknown id, 409 for a
 * `userName` that is taken, 412 for another version, and what the body is refused for.
 */

/** PUT (RFC 7644 section 3.5.1). The answer's `groups` are not asked for. */
export function replaceUser(
  world: ScimWorld,
  connection: Connection,
  id: string,
  body: unknown,
  precondition: Precondition,
  actor: Actor,
): Promise<StoredResource> {
  const change = { id, precondition, actor, derive: replaced(world, connection, body) }
  return commitPush(world, (trx) => changeUserIn(trx, world, connection, change))
}

/** PATCH (RFC 7644 section 3.5.2). What changes nothing writes nothing. The answer's `groups` are not asked for. */
export function patchUser(
  world: ScimWorld,
  connection: Connection,
  id: string,
  body: unknown,
  precondition: Precondition,
  actor: Actor,
): Promise<StoredResource> {
  const change = { id, precondition, actor, derive: patched(world, connection, body) }
  return commitPush(world, (trx) => changeUserIn(trx, world, connection, change))
}

/** DELETE (RFC 7644 section 3.6): the resource is gone, and what it said keeps the person off (decision 0008). */
export function deleteUser(
  world: ScimWorld,
  connection: Connection,
  id: string,
  precondition: Precondition,
  actor: Actor,
): Promise<void> {
  return commitPush(world, (trx) => deleteUserIn(trx, world, connection, { id, precondition, actor }))
}
