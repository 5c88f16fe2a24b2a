import type { Actor } from '../../domain/actor.ts'
import type { ScimDocument, StoredResource } from '../../domain/scim-resource.ts'
import { changedAttributes } from '../../scim/changed-attributes.ts'
import { readUser } from '../../scim/read-user.ts'
import type { AuditEvent } from '../../store/write/audit-events.ts'
import type { HashedRow } from '../link-rows.ts'
import { hashedRowOf } from './hashed-row.ts'
import { schemaOfUsers } from './schema-of-users.ts'
import { scimEvent } from './scim-events.ts'
import type { Connection, ScimWorld } from './scim-world.ts'

/** A user that a client wants to create, read and checked, and not yet written. */
export interface NewUser {
  readonly id: string
  readonly source: string
  readonly document: ScimDocument
  readonly hashed: HashedRow
  readonly actor: Actor
}

/** Reads the body of a POST. Throws `ScimFault` for what is wrong with it. */
export function readNewUser(world: ScimWorld, connection: Connection, body: unknown, actor: Actor): NewUser {
  const id = world.newId()
  const { source, strict } = connection
  const document = readUser(schemaOfUsers(world), body, { strict })
  const hashed = hashedRowOf(world, connection, { id, document, groups: [] })
  return { id, source, document, hashed, actor }
}

/** What is audited of its creation. `identityId` is null where its correlation is ambiguous. */
export function creationOf(
  { id, source, document, actor }: NewUser,
  identityId: string | null,
  at: Date,
): AuditEvent {
  const attributes = changedAttributes({}, document)
  return scimEvent({ at, action: 'scim-user-created', actor, source, id, identityId, attributes })
}

/** The resource that it is once it was created, at `now`. */
export function resourceOfNew({ id, document }: NewUser, now: Date): StoredResource {
  const times = { createdAt: now, modifiedAt: now }
  return { id, type: 'User', document, version: 1, ...times, groups: [], members: null }
}
