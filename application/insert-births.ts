import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import { countOperations } from './count-effects.ts'
import type { Birth, PreparedBirths } from './prepare-births.ts'

/**
 * Writes people who were not there with all that policies give them, and the audit event of each, straight into their
 * tables: nobody else can know of them yet, so there is nothing to lock, to compare or to tell.
 */
export async function insertBirths(
  trx: Transaction,
  store: Store,
  born: readonly Birth[],
  { texts, runId }: Pick<PreparedBirths, 'texts'> & { readonly runId: string | null },
): Promise<void> {
  if (born.length === 0) return
  await store.births.insertBirths(trx, texts, born)
  if (runId === null) return
  await store.runs.addToRun(trx, runId, {
    effects: countOperations(born.flatMap(({ operations }) => [...operations])),
    unusable: sumOf(born.flatMap(({ unusable }) => [...unusable])),
  })
}

function sumOf(counts: readonly (readonly [string, number])[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count
  return sums
}
