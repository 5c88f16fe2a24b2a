import type { Actor } from '../../domain/actor.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { changedAttributes } from '../../scim/changed-attributes.ts'
import { readUser } from '../../scim/read-user.ts'
import type { Transaction } from '../../store/database.ts'
import { mergeRowsIn } from '../merge-rows.ts'
import { hashedRowOf } from './hashed-row.ts'
import { faultOfWrite } from './resource-faults.ts'
import { schemaOfUsers } from './schema-of-users.ts'
import { scimEvent } from './scim-events.ts'
import type { Connection, ScimWorld } from './scim-world.ts'
import { shutOff } from './shut-off.ts'
import { columnsOfUser } from './user-columns.ts'

/** Creates users inside the caller's transaction, all of them or none. */
export async function createUsersIn(
  trx: Transaction,
  world: ScimWorld,
  connection: Connection,
  bodies: readonly unknown[],
  actor: Actor,
): Promise<readonly StoredResource[]> {
  const { store } = world
  const { source, strict } = connection
  const now = world.clock()
  const schema = schemaOfUsers(world)
  const users = bodies.map((body) => ({ id: world.newId(), document: readUser(schema, body, { strict }) }))
  await store.scimUsers
    .insertScimUsers(
      trx,
      source,
      users.map(({ id, document }) => columnsOfUser(id, document)),
      now,
    )
    .catch((error: unknown) => {
      throw faultOfWrite(error)
    })
  const rows = users.map(({ id, document }) => hashedRowOf(world, connection, { id, document, groups: [] }))
  const merge = await mergeRowsIn(trx, world, { source, runId: null, locked: [] }, rows)
  await shutOff(trx, world, { turnedOff: merge.turnedOff, left: [], actor, now })
  await store.audit.insertAuditEvents(
    trx,
    users.map(({ id, document }) =>
      scimEvent({
        at: now,
        action: 'scim-user-created',
        actor,
        source,
        id,
        identityId: merge.links.get(id) ?? null,
        attributes: changedAttributes({}, document),
      }),
    ),
  )
  return users.map(({ id, document }) => ({
    id,
    type: 'User',
    document,
    version: 1,
    createdAt: now,
    modifiedAt: now,
    groups: [],
    members: null,
  }))
}
