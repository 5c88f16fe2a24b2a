import type { Actor } from '../../domain/actor.ts'
import type { Clock } from '../../domain/clock.ts'
import type { Database } from '../database.ts'
import { insertAuditEvents } from '../write/audit-events.ts'

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
  const at = reveal.clock()
  await database.transaction((trx) =>
    insertAuditEvents(
      trx,
      identityIds.map((identityId) => ({
        at,
        action: 'addresses-revealed',
        actor: reveal.actor,
        identityId,
        runId: null,
        policySet: null,
        effects: null,
        reason: null,
        detail: null,
      })),
    ),
  )
}
