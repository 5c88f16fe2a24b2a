import type { Actor } from '../../domain/actor.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { isDatabaseAway } from '../database-away.ts'
import { gatherCalls } from '../gather-calls.ts'
import { commitPush } from './commit-push.ts'
import { createFresh } from './create-fresh.ts'
import { createLinked } from './create-users.ts'
import { type NewUser, readNewUser, resourceOfNew } from './new-user.ts'
import type { Connection, ScimWorld } from './scim-world.ts'

/**
 * POST (RFC 7644 section 3.3). Users whom one connection creates at the same time are committed together where each is
 * a person of their own; whose key is known, or whose userName is taken, goes by itself, and harms no other.
 */
export async function createUser(
  world: ScimWorld,
  connection: Connection,
  body: unknown,
  actor: Actor,
): Promise<StoredResource> {
  const outcome = await gatheringOf(world, connection.source)(readNewUser(world, connection, body, actor))
  if ('fault' in outcome) throw outcome.fault
  return outcome.resource
}

type Outcome = { readonly resource: StoredResource } | { readonly fault: unknown }

/** Two, so that one is read and written here while the disk writes the other. */
const limits = { atOnce: 2, most: 32 } as const

const gatherings = new WeakMap<ScimWorld, Map<string, (user: NewUser) => Promise<Outcome>>>()

function gatheringOf(world: ScimWorld, source: string): (user: NewUser) => Promise<Outcome> {
  const ofWorld = gatherings.get(world) ?? new Map<string, (user: NewUser) => Promise<Outcome>>()
  gatherings.set(world, ofWorld)
  const known = ofWorld.get(source)
  if (known !== undefined) return known
  const gathering = gatherCalls((users: readonly NewUser[]) => createTogether(world, users), limits)
  ofWorld.set(source, gathering)
  return gathering
}

async function createTogether(world: ScimWorld, users: readonly NewUser[]): Promise<readonly Outcome[]> {
  const now = world.clock()
  try {
    const linked = new Set(
      await world.store.statement((database) => createFresh(database, world, users, now)),
    )
    if (linked.size < users.length) world.nudge()
    return await inTurn(users, (user) =>
      linked.has(user) ? createAlone(world, user) : { resource: resourceOfNew(user, now) },
    )
  } catch (fault) {
    // One of them has a name that is taken, say: the others are not to be refused for it.
    if (users.length === 1 || isDatabaseAway(fault)) return users.map(() => ({ fault }))
    return inTurn(users, async (user) => (await createTogether(world, [user]))[0] ?? { fault })
  }
}

async function createAlone(world: ScimWorld, user: NewUser): Promise<Outcome> {
  const now = world.clock()
  try {
    await commitPush(world, (trx) => createLinked(trx, world, [user], now))
    return { resource: resourceOfNew(user, now) }
  } catch (fault) {
    return { fault }
  }
}

async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result> | Result,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const item of items) results.push(await work(item))
  return results
}
