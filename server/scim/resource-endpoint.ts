import { createUser } from '../../application/scim/create-user.ts'
import { createGroup, deleteGroup, patchGroup, replaceGroup } from '../../application/scim/groups.ts'
import type { Connection, Precondition } from '../../application/scim/scim-world.ts'
import { deleteUser, patchUser, replaceUser } from '../../application/scim/users.ts'
import type { Actor } from '../../domain/actor.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { groupSchema } from '../../scim/group-schema.ts'
import type { ResourceSchema } from '../../scim/scim-schema.ts'
import { userSchema } from '../../scim/user-schema.ts'
import type { ResourcePage, ResourceQuery } from '../../store/read/resource-query.ts'
import type { ScimServerWorld } from './scim-server-world.ts'

/** Who asks, for what. */
export interface WriteContext {
  readonly connection: Connection
  readonly actor: Actor
}

/** What can be done with one type of resource. Both types are served by the same routes over this. */
export interface ResourceEndpoint {
  readonly schema: ResourceSchema
  /** What is read apart, and only when it is asked for. */
  readonly membership: 'groups' | 'members'
  /** Whether an answered PATCH says the resource unasked. */
  readonly answersPatches: boolean
  read(source: string, id: string, withMembership: boolean): Promise<StoredResource | null>
  page(source: string, query: ResourceQuery, withMembership: boolean): Promise<ResourcePage>
  create(context: WriteContext, body: unknown): Promise<StoredResource>
  replace(
    context: WriteContext,
    id: string,
    body: unknown,
    precondition: Precondition,
  ): Promise<StoredResource>
  patch(context: WriteContext, id: string, body: unknown, precondition: Precondition): Promise<StoredResource>
  remove(context: WriteContext, id: string, precondition: Precondition): Promise<void>
}

export function userEndpoint({ scim, reads }: ScimServerWorld): ResourceEndpoint {
  return {
    schema: userSchema(scim.customAttributes),
    membership: 'groups',
    answersPatches: true,
    read: (source, id, groups) => reads.readUser(source, id, { groups }),
    page: (source, query, groups) => reads.pageUsers(source, { ...query, groups }),
    create: ({ connection, actor }, body) => createUser(scim, connection, body, actor),
    replace: ({ connection, actor }, id, body, precondition) =>
      replaceUser(scim, connection, id, body, precondition, actor),
    patch: ({ connection, actor }, id, body, precondition) =>
      patchUser(scim, connection, id, body, precondition, actor),
    remove: ({ connection, actor }, id, precondition) =>
      deleteUser(scim, connection, id, precondition, actor),
  }
}

/**
 * A patched group is answered 204 (RFC 7644 section 3.5.2), unless attributes are asked for: its members would have to
 * be read, and there may be a hundred thousand of them.
 */
export function groupEndpoint({ scim, reads }: ScimServerWorld): ResourceEndpoint {
  return {
    schema: groupSchema,
    membership: 'members',
    answersPatches: false,
    read: (source, id, members) => reads.readGroup(source, id, { members }),
    page: (source, query, members) => reads.pageGroups(source, { ...query, members }),
    create: ({ connection, actor }, body) => createGroup(scim, connection, body, actor),
    replace: ({ connection, actor }, id, body, precondition) =>
      replaceGroup(scim, connection, id, body, precondition, actor),
    patch: ({ connection, actor }, id, body, precondition) =>
      patchGroup(scim, connection, id, body, precondition, actor),
    remove: ({ connection, actor }, id, precondition) =>
      deleteGroup(scim, connection, id, precondition, actor),
  }
}
