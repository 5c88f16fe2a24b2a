import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Database } from '../database.ts'

/** Who asked to see addresses unmasked. */
export interface Reveal {
  readonly actor: Actor
  readonly clock: Clock
}

/**
 * Writes down that somebody looked at these people's addresses, one event each, so that the trail of a person
 * shows it. Called before the addresses leave the store: a look that could not be recorded does not happen.
 */
export async function recordLook(
  database: Database,
  reveal: Reveal,
  identityIds: readonly string[],
): Promise<void> {
  if (identityIds.length === 0) return
  const at = reveal.clock()
  await database.raw(
    `insert into audit_events (id, at, action, actor_kind, actor_id, identity_id)
     select event, ?, 'addresses-revealed', ?, ?, identity
     from unnest(?::uuid[], ?::uuid[]) as looks (event, identity)`,
    [at, reveal.actor.kind, reveal.actor.id, identityIds.map(() => uuidv7()), [...identityIds]],
  )
}
