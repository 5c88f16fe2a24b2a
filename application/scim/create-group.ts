import type { Actor } from '../../domain/actor.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { changedAttributes } from '../../scim/changed-attributes.ts'
import { readGroup } from '../../scim/read-group.ts'
import type { Transaction } from '../../store/database.ts'
import { changeMembers } from './change-members.ts'
import { columnsOfGroup } from './group-columns.ts'
import { refreshGroups } from './refresh-groups.ts'
import { faultOfWrite } from './resource-faults.ts'
import { scimEvent } from './scim-events.ts'
import type { Connection, ScimWorld } from './scim-world.ts'

/** Creates a group with its members inside the caller's transaction. */
export async function createGroupIn(
  trx: Transaction,
  world: ScimWorld,
  { source, strict }: Connection,
  body: unknown,
  actor: Actor,
): Promise<StoredResource> {
  const { store } = world
  const { document, members } = readGroup(body, { strict })
  const now = world.clock()
  const id = world.newId()
  await store.scimGroups
    .insertScimGroup(trx, source, columnsOfGroup(id, document), now)
    .catch((error: unknown) => {
      throw faultOfWrite(error)
    })
  const after = { kind: 'changes', changes: [{ kind: 'add', ids: members }] } as const
  const reached =
    members.length === 0 ? null : await changeMembers(trx, world, source, id, after, { renamed: false })
  if (reached !== null) await refreshGroups(trx, world, source, reached.users, now)
  await store.audit.insertAuditEvents(trx, [
    scimEvent({
      at: now,
      action: 'scim-group-created',
      actor,
      source,
      id,
      identityId: null,
      attributes: changedAttributes({}, document),
      counts: { added: reached?.added ?? 0 },
    }),
  ])
  return {
    id,
    type: 'Group',
    document,
    version: 1,
    createdAt: now,
    modifiedAt: now,
    groups: null,
    members: null,
  }
}
