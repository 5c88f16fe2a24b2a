import { hash } from 'node:crypto'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { derivationText } from '../derivation.ts'
import { type MergeWorld, mergeRowsIn } from '../merge-rows.ts'
import { hashedRowOf, shapeOf } from './hashed-row.ts'
import type { Connection } from './scim-world.ts'

/** People in one transaction. */
const batchSize = 1000

/** Batches in one call: the rest is for the next one. */
const mostBatches = 20

/**
 * Composes anew what connections pushed, where the configuration that shaped it is another one now (a list of
 * countries, precedence, who decides): what is read comes again by itself, what was pushed does not. In batches that
 * are committed each; goes on where it stopped.
 */
export async function deriveAnew(world: MergeWorld, connections: readonly Connection[]): Promise<void> {
  for (const connection of connections) {
    const digest = digestOf(world, connection)
    for (let left = mostBatches; left > 0; left -= 1)
      if (!(await deriveBatch(world, connection, digest))) break
  }
}

/** Answers whether there is more. */
function deriveBatch(world: MergeWorld, connection: Connection, digest: string): Promise<boolean> {
  const { source } = connection
  const { scimDerivations } = world.store
  return world.store.transaction(async (trx) => {
    const after = await scimDerivations.beginDerivation(trx, source, digest)
    if (after === null) return false
    const users = await scimDerivations.lockNextUsers(trx, source, after, batchSize)
    // Groups are those that the record has when it is locked.
    const rows = users.map(({ id, document }) =>
      hashedRowOf(world, connection, { id, document, groups: null }),
    )
    const origin = { source, runId: null, keepsGroups: shapeOf(world.derivation) }
    if (rows.length > 0) await mergeRowsIn(trx, world, origin, rows)
    const until = users.length < batchSize ? null : (users.at(-1)?.id ?? null)
    await scimDerivations.noteDerivation(trx, source, digest, until)
    return until !== null
  })
}

function digestOf({ derivation }: MergeWorld, connection: Connection): string {
  return hash('sha256', `${derivationText(derivation)}\n${canonicalJson(connection)}`, 'hex')
}
