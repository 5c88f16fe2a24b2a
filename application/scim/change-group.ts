import { validate as isUuid } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import type { ScimDocument, StoredResource } from '../../domain/scim-resource.ts'
import { changedAttributes } from '../../scim/changed-attributes.ts'
import { groupSchema } from '../../scim/group-schema.ts'
import { applyPatch } from '../../scim/patch/apply-patch.ts'
import { parsePatch } from '../../scim/patch/parse-patch.ts'
import { readGroup } from '../../scim/read-group.ts'
import type { Transaction } from '../../store/database.ts'
import type { LockedGroup } from '../../store/write/scim-groups.ts'
import { changeMembers, type MembersAfter } from './change-members.ts'
import { columnsOfGroup } from './group-columns.ts'
import { refreshGroups } from './refresh-groups.ts'
import { checkVersion, faultOfWrite, notFound } from './resource-faults.ts'
import { scimEvent } from './scim-events.ts'
import type { Connection, Precondition, ScimWorld } from './scim-world.ts'

export interface GroupChange {
  readonly id: string
  readonly precondition: Precondition
  readonly actor: Actor
  /** The document after the change, and what becomes of the members. */
  readonly derive: (before: ScimDocument) => {
    readonly document: ScimDocument
    readonly members: MembersAfter
  }
}

/** What a PUT makes of a group. */
export function replacedGroup({ strict }: Connection, body: unknown): GroupChange['derive'] {
  const { document, members } = readGroup(body, { strict })
  return () => ({ document, members: { kind: 'exactly', ids: members } })
}

/** What a PATCH makes of a group. */
export function patchedGroup(
  { limits }: ScimWorld,
  { strict }: Connection,
  body: unknown,
): GroupChange['derive'] {
  const operations = parsePatch(body, {
    strict,
    maxOperations: limits.patchOperations,
    maxMembers: limits.members,
  })
  return (before) => {
    const { document, members } = applyPatch(groupSchema, before, operations, { strict })
    return { document, members: { kind: 'changes', changes: members } }
  }
}

/** Changes one group inside the caller's transaction; what changes nothing writes nothing. */
export async function changeGroupIn(
  trx: Transaction,
  world: ScimWorld,
  { source }: Connection,
  { id: given, precondition, actor, derive }: GroupChange,
): Promise<StoredResource> {
  const { store } = world
  const id = given.toLowerCase()
  const before = isUuid(id) ? await store.scimGroups.lockScimGroup(trx, source, id, 'change') : null
  if (before === null) throw notFound()
  checkVersion(before.version, precondition)
  const now = world.clock()
  const { document, members } = derive(before.document)
  const attributes = changedAttributes(before.document, document)
  const renamed = attributes.includes('displayName')
  const reached = await changeMembers(trx, world, source, id, members, { renamed })
  if (attributes.length === 0 && reached.added + reached.removed === 0)
    return resourceOf(id, before, before.document)
  await store.scimGroups.updateScimGroup(trx, columnsOfGroup(id, document), now).catch((error: unknown) => {
    throw faultOfWrite(error)
  })
  const users = renamed
    ? [...reached.users, ...(await store.scimMembers.usersBeneath(trx, [id]))]
    : reached.users
  await refreshGroups(trx, world, source, users, now)
  await store.audit.insertAuditEvents(trx, [
    scimEvent({
      at: now,
      action: 'scim-group-changed',
      actor,
      source,
      id,
      identityId: null,
      attributes,
      counts: { added: reached.added, removed: reached.removed },
    }),
  ])
  return resourceOf(id, { ...before, version: before.version + 1, modifiedAt: now }, document)
}

function resourceOf(
  id: string,
  { version, createdAt, modifiedAt }: LockedGroup,
  document: ScimDocument,
): StoredResource {
  return { id, type: 'Group', document, version, createdAt, modifiedAt, groups: null, members: null }
}
