import type { Transaction } from '../../store/database.ts'
import type { ScimWorld } from './scim-world.ts'

/** Carries a push out in one transaction, and tells the drain once it is kept. */
export async function commitPush<Result>(
  world: ScimWorld,
  work: (trx: Transaction) => Promise<Result>,
): Promise<Result> {
  const result = await world.store.transaction(work)
  world.nudge()
  return result
}
