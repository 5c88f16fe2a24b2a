import { validate as isUuid } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import { equalRows } from '../../domain/equal-rows.ts'
import type { ScimDocument, StoredResource } from '../../domain/scim-resource.ts'
import { changedAttributes } from '../../scim/changed-attributes.ts'
import { applyPatch } from '../../scim/patch/apply-patch.ts'
import { parsePatch } from '../../scim/patch/parse-patch.ts'
import { replaceUser as replaceDocument } from '../../scim/read-user.ts'
import type { Transaction } from '../../store/database.ts'
import type { LockedUser } from '../../store/write/scim-users.ts'
import { mergeRowsIn } from '../merge-rows.ts'
import { hashedRowOf } from './hashed-row.ts'
import { checkVersion, faultOfWrite, notFound } from './resource-faults.ts'
import { schemaOfUsers } from './schema-of-users.ts'
import { scimEvent } from './scim-events.ts'
import type { Connection, Precondition, ScimWorld } from './scim-world.ts'
import { shutOff } from './shut-off.ts'
import { columnsOfUser } from './user-columns.ts'

export interface UserChange {
  readonly id: string
  readonly precondition: Precondition
  readonly actor: Actor
  /** The document after the change. */
  readonly derive: (before: ScimDocument) => ScimDocument
}

/** What a PUT makes of a user. */
export function replaced(world: ScimWorld, { strict }: Connection, body: unknown): UserChange['derive'] {
  return (before) => replaceDocument(schemaOfUsers(world), before, body, { strict })
}

/** What a PATCH makes of a user. */
export function patched(world: ScimWorld, { strict }: Connection, body: unknown): UserChange['derive'] {
  const { patchOperations: maxOperations, members: maxMembers } = world.limits
  const operations = parsePatch(body, { strict, maxOperations, maxMembers })
  return (before) => applyPatch(schemaOfUsers(world), before, operations, { strict }).document
}

/** Changes one user inside the caller's transaction; what changes nothing writes nothing. */
export async function changeUserIn(
  trx: Transaction,
  world: ScimWorld,
  connection: Connection,
  { id: given, precondition, actor, derive }: UserChange,
): Promise<StoredResource> {
  const id = given.toLowerCase()
  const before = isUuid(id)
    ? await world.store.scimUsers.lockScimUser(trx, connection.source, id, 'change')
    : null
  if (before === null) throw notFound()
  checkVersion(before.version, precondition)
  const document = derive(before.document)
  const attributes = changedAttributes(before.document, document)
  if (attributes.length === 0) return resourceOf(id, before, before.document)
  const now = world.clock()
  await writeUser(trx, world, connection, id, before, document, now)
  const identityId = await mergeUser(trx, world, connection, { id, before, document, actor, now })
  await world.store.audit.insertAuditEvents(trx, [
    scimEvent({
      at: now,
      action: 'scim-user-changed',
      actor,
      source: connection.source,
      id,
      identityId,
      attributes,
    }),
  ])
  return resourceOf(id, { ...before, version: before.version + 1, modifiedAt: now }, document)
}

async function writeUser(
  trx: Transaction,
  { store }: ScimWorld,
  { source }: Connection,
  id: string,
  before: LockedUser,
  document: ScimDocument,
  now: Date,
): Promise<void> {
  const columns = columnsOfUser(id, document)
  await store.scimUsers.updateScimUser(trx, columns, now).catch((error: unknown) => {
    throw faultOfWrite(error)
  })
  if (!equalRows(columnsOfUser(id, before.document).addresses, columns.addresses))
    await store.scimUsers.replaceScimAddresses(trx, source, id, columns.addresses)
}

/** Takes the change into the core. Groups are those of the locked record: nobody else changes them meanwhile. */
async function mergeUser(
  trx: Transaction,
  world: ScimWorld,
  connection: Connection,
  change: {
    readonly id: string
    readonly before: LockedUser
    readonly document: ScimDocument
    readonly actor: Actor
    readonly now: Date
  },
): Promise<string | null> {
  const { id, before, document, actor, now } = change
  const { record } = before
  const hashed = hashedRowOf(world, connection, { id, document, groups: record.groups })
  // An attribute that no policy can see (a photo, say) leaves the core as it is.
  if (record.identityId !== null && record.hash.equals(hashed.hash)) return record.identityId
  const origin = { source: connection.source, runId: null, locked: [record] }
  const { links, turnedOff } = await mergeRowsIn(trx, world, origin, [hashed])
  await shutOff(trx, world, { turnedOff, left: [], actor, now })
  return links.get(id) ?? null
}

function resourceOf(
  id: string,
  { version, createdAt, modifiedAt }: Pick<LockedUser, 'version' | 'createdAt' | 'modifiedAt'>,
  document: ScimDocument,
): StoredResource {
  return { id, type: 'User', document, version, createdAt, modifiedAt, groups: null, members: null }
}
