import { validate as isUuid } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import type { Transaction } from '../../store/database.ts'
import { refreshGroups } from './refresh-groups.ts'
import { checkVersion, notFound } from './resource-faults.ts'
import { scimEvent } from './scim-events.ts'
import type { Connection, Precondition, ScimWorld } from './scim-world.ts'

/** Deletes one group inside the caller's transaction, and takes its name off everybody beneath it. */
export async function deleteGroupIn(
  trx: Transaction,
  world: ScimWorld,
  { source }: Connection,
  {
    id,
    precondition,
    actor,
  }: { readonly id: string; readonly precondition: Precondition; readonly actor: Actor },
): Promise<void> {
  const { store } = world
  if (!isUuid(id)) throw notFound()
  await store.scimMembers.lockGroupsOf(trx, source, id)
  const group = await store.scimGroups.lockScimGroup(trx, source, id, 'delete')
  if (group === null) throw notFound()
  checkVersion(group.version, precondition)
  await store.scimMembers.lockNesting(trx, source, 'change')
  const now = world.clock()
  const users = await store.scimMembers.usersBeneath(trx, [id])
  await store.scimGroups.deleteScimGroup(trx, id, now)
  await refreshGroups(trx, world, source, users, now)
  await store.audit.insertAuditEvents(trx, [
    scimEvent({
      at: now,
      action: 'scim-group-deleted',
      actor,
      source,
      id,
      identityId: null,
      attributes: [],
      counts: { reached: users.length },
    }),
  ])
}
