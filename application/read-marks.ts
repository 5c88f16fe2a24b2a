import { hash } from 'node:crypto'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'

/** What a mark belongs to: the place it comes from, and all that shapes the records that it covers. */
function digestPlace(place: string, shape: string): Buffer {
  return hash('md5', `${place}\n${shape}`, 'buffer')
}

/**
 * From where a run reads changes. Null where it reads everything: it was asked to, or no proved read of everything has
 * left a mark for this place and shape; the run then says so by its kind, and stays with it when it is tried again.
 */
export async function chooseMark(
  { runs, marks, database }: Store,
  {
    runId,
    source,
    place,
  }: { readonly runId: string; readonly source: string; readonly place: string | null },
  shape: string,
): Promise<string | null> {
  if ((await runs.readRun(database, runId))?.kind !== 'changes') return null
  const mark = place === null ? null : await marks.readMark(database, source, digestPlace(place, shape))
  if (mark === null) await runs.setKind(database, runId, 'full')
  return mark
}

/** Notes from where the next changes are read, beside what the read before it came to. */
export async function keepMark(
  trx: Transaction,
  { marks }: Store,
  { source, place }: { readonly source: string; readonly place: string | null },
  shape: string,
  mark: string | null,
): Promise<void> {
  if (place !== null) await marks.keepMark(trx, source, mark, digestPlace(place, shape))
}
