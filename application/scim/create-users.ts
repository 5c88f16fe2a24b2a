import type { Actor } from '../../domain/actor.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import type { Transaction } from '../../store/database.ts'
import { mergeRowsIn } from '../merge-rows.ts'
import { createFresh } from './create-fresh.ts'
import { creationOf, type NewUser, readNewUser, resourceOfNew } from './new-user.ts'
import { faultOfWrite } from './resource-faults.ts'
import type { Connection, ScimWorld } from './scim-world.ts'
import { shutOff } from './shut-off.ts'
import { columnsOfUser } from './user-columns.ts'

/** Creates users inside the caller's transaction, all of them or none. Throws `ScimFault`. */
export async function createUsersIn(
  trx: Transaction,
  world: ScimWorld,
  connection: Connection,
  bodies: readonly unknown[],
  actor: Actor,
): Promise<readonly StoredResource[]> {
  const now = world.clock()
  const users = bodies.map((body) => readNewUser(world, connection, body, actor))
  await createLinked(trx, world, await createFresh(trx, world, users, now), now)
  return users.map((user) => resourceOfNew(user, now))
}

/** Creates users of one connection who may be known already: each is tied to whom its keys lead to. */
export async function createLinked(
  trx: Transaction,
  world: ScimWorld,
  users: readonly NewUser[],
  now: Date,
): Promise<void> {
  const [first] = users
  if (first === undefined) return
  const { source, actor } = first
  const { store } = world
  const columns = users.map(({ id, document }) => columnsOfUser(id, document))
  await store.scimUsers.insertScimUsers(trx, source, columns, now).catch((error: unknown) => {
    throw faultOfWrite(error)
  })
  const merge = await mergeRowsIn(
    trx,
    world,
    { source, runId: null, locked: [] },
    users.map(({ hashed }) => hashed),
  )
  await shutOff(trx, world, { turnedOff: merge.turnedOff, left: [], actor, now })
  await store.audit.insertAuditEvents(
    trx,
    users.map((user) => creationOf(user, merge.links.get(user.id) ?? null, now)),
  )
}
