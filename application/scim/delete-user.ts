import { validate as isUuid } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import { isRecyclableKey } from '../../domain/correlate.ts'
import type { Transaction } from '../../store/database.ts'
import type { StoredRecord } from '../../store/write/source-records.ts'
import { correlationNames } from '../derivation.ts'
import { recomposeIdentities } from '../recompose-identities.ts'
import { checkVersion, notFound } from './resource-faults.ts'
import { scimEvent } from './scim-events.ts'
import type { Connection, Precondition, ScimWorld } from './scim-world.ts'
import { shutOff } from './shut-off.ts'

/** Deletes one user inside the caller's transaction. */
export async function deleteUserIn(
  trx: Transaction,
  world: ScimWorld,
  { source }: Connection,
  {
    id: given,
    precondition,
    actor,
  }: { readonly id: string; readonly precondition: Precondition; readonly actor: Actor },
): Promise<void> {
  const { store } = world
  const id = given.toLowerCase()
  if (!isUuid(id)) throw notFound()
  // Groups before users, as everywhere: whoever changes a group names its members afterwards.
  await store.scimMembers.lockGroupsOf(trx, source, id)
  const user = await store.scimUsers.lockScimUser(trx, source, id, 'delete')
  if (user === null) throw notFound()
  checkVersion(user.version, precondition)
  const now = world.clock()
  await store.scimMembers.leaveGroups(trx, id, now)
  await store.scimUsers.deleteScimUser(trx, id)
  await buryRecord(trx, world, user.record, actor, now)
  await store.audit.insertAuditEvents(trx, [
    scimEvent({
      at: now,
      action: 'scim-user-deleted',
      actor,
      source,
      id,
      identityId: user.record.identityId,
      attributes: [],
    }),
  ])
}

/**
 * What stays of the record keeps the person off (decision 0008). Keys that are given to somebody else later go at
 * once; those that are never reused stay, so that the person who comes back is known again.
 */
async function buryRecord(
  trx: Transaction,
  world: ScimWorld,
  { source, externalId, identityId }: StoredRecord,
  actor: Actor,
  now: Date,
): Promise<void> {
  const { records, correlation } = world.store
  if (identityId === null) return records.deleteRecord(trx, source, externalId)
  await records.buryRecord(trx, source, externalId, now)
  const recyclable = correlationNames(world.derivation).filter(isRecyclableKey)
  await correlation.dropKeys(trx, source, externalId, recyclable)
  const due = { at: now, reason: 'record', runId: null } as const
  const { turnedOff, left } = await recomposeIdentities(trx, world, [identityId], due)
  await shutOff(trx, world, { turnedOff, left, actor, now })
}
