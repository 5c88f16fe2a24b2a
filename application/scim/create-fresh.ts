import type { Database } from '../../store/database.ts'
import type { FreshUsers } from '../../store/write/fresh-users.ts'
import { composeIdentity } from '../compose-identity.ts'
import { linkRows } from '../link-rows.ts'
import { creationOf, type NewUser } from './new-user.ts'
import { faultOfWrite } from './resource-faults.ts'
import type { ScimWorld } from './scim-world.ts'
import { columnsOfUser } from './user-columns.ts'

/**
 * Creates those of one connection's users who are persons of their own: nobody here and no identity there has a key of
 * theirs. Answers the others, of whom nothing is written. All that is written is what `createLinked` would write of
 * them, in one statement instead of nine. Throws `ScimFault` 409 where a `userName` is taken; then nothing is written.
 */
export async function createFresh(
  database: Database,
  world: ScimWorld,
  users: readonly NewUser[],
  now: Date,
): Promise<readonly NewUser[]> {
  let fresh = users
  for (;;) {
    const prepared = prepareFresh(world, fresh, now)
    const known =
      prepared === null
        ? []
        : await world.store.freshUsers.insertFreshUsers(database, prepared).catch((error: unknown) => {
            throw faultOfWrite(error)
          })
    if (known.length === 0) {
      const written = new Set(prepared?.users.map(({ id }) => id))
      return users.filter(({ id }) => !written.has(id))
    }
    fresh = fresh.filter(({ id }) => !known.includes(id))
  }
}

/** What is written of those who share no key with each other; null where that is nobody. */
function prepareFresh(world: ScimWorld, users: readonly NewUser[], now: Date): FreshUsers | null {
  const { derivation, newId } = world
  const source = users[0]?.source
  if (source === undefined) return null
  const linked = linkRows(
    users.map(({ hashed }) => hashed),
    derivation,
    { source, existing: new Map(), hits: [], overrides: [], newId },
  )
  const own = new Map(
    linked.records.flatMap((record) => {
      const identity =
        record.link === 'created' && record.identityId !== null
          ? composeIdentity(record.identityId, [record], derivation, now)
          : null
      return identity === null ? [] : [[record.externalId, { record, identity }] as const]
    }),
  )
  const fresh = users.filter(({ id }) => own.has(id))
  if (fresh.length === 0) return null
  return {
    source,
    at: now,
    lookups: derivation.correlate.get(source) ?? [],
    users: fresh.map(({ id, document }) => columnsOfUser(id, document)),
    records: [...own.values()].map(({ record }) => record),
    keys: linked.keys.filter(({ externalId }) => own.has(externalId)),
    identities: [...own.values()].map(({ identity }) => identity),
    events: fresh.map((user) => creationOf(user, own.get(user.id)?.identity.id ?? null, now)),
  }
}
