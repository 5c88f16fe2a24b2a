import type { Actor } from '../../domain/actor.ts'
import { BulkChunk } from './bulk-chunk.ts'
import type { BulkOutcome, BulkRequest } from './bulk-request.ts'
import { findCreators, orderBulk } from './order-bulk.ts'
import type { Connection, ScimWorld } from './scim-world.ts'

/** Operations in one transaction. */
const chunkSize = 100

/**
 * Carries out a bulk request (RFC 7644 section 3.7): a savepoint for each operation, a commit for each hundred. What
 * was committed stays where a later chunk fails as a whole. Answers what was run, in the order of the request. Throws
 * `ScimFault` 400 for a bulkId that is given twice.
 */
export async function runBulk(
  world: ScimWorld,
  connection: Connection,
  request: BulkRequest,
  actor: Actor,
): Promise<readonly BulkOutcome[]> {
  const steps = orderBulk(request.operations)
  const creators = findCreators(request.operations)
  let outcomes: ReadonlyMap<number, BulkOutcome> = new Map()
  for (let start = 0; start < steps.length; start += chunkSize) {
    const before = outcomes
    // A transaction that lost a conflict is run again, from what stood before it.
    outcomes = await world.store.transaction(async (trx) => {
      const chunk = new BulkChunk({ trx, world, connection, request, creators, actor }, before)
      await chunk.run(steps.slice(start, start + chunkSize))
      return chunk.outcomes
    })
    world.nudge()
  }
  return [...outcomes].sort(([left], [right]) => left - right).map(([, outcome]) => outcome)
}
