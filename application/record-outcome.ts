import type { ReadOutcome } from '../domain/source-row.ts'
import { digestOf, type KnownRecords } from './known-records.ts'
import type { MergeWorld } from './merge-rows.ts'
import { keepMark } from './read-marks.ts'

/** What is recorded of a read beside its outcome. */
interface ReadResult {
  readonly runId: string
  readonly source: string
  readonly place: string | null
  readonly shape: string
  readonly since: string | null
  /** From where changes can be read next. */
  readonly mark: string | null
  /** Records that changed by their groups alone, beside the rows. */
  readonly regrouped: number
}

/** What was seen of the records. */
interface SeenRecords {
  readonly entries: number
  readonly duplicates: readonly unknown[]
  /** External ids of records that were marked missing. */
  readonly returned: readonly string[]
}

/** Records that are marked missing by one statement. */
const missingAtOnce = 5000

/** The end of the read and what is missing, in one transaction: a proof without its consequences never stands. */
export async function recordOutcome(
  world: MergeWorld,
  { runId, source, since, mark, regrouped, ...kept }: ReadResult,
  outcome: ReadOutcome,
  { entries, duplicates, returned }: SeenRecords,
  known: KnownRecords,
): Promise<void> {
  const { records, runs } = world.store
  const now = world.clock()
  await world.store.transaction(async (trx) => {
    const back = await records.markReturned(trx, source, returned.map(digestOf))
    if (outcome.complete && since === null) {
      for (const digests of batchesOf(known.unseen()))
        await records.markMissing(trx, source, digests, now, runId)
    }
    await runs.addToRun(trx, runId, { records: { returned: back } })
    const counted = (await runs.readRun(trx, runId))?.records ?? {}
    const touched = (counted['added'] ?? 0) + (counted['changed'] ?? 0) - regrouped
    const unchanged = Math.max(0, entries - duplicates.length - touched)
    await runs.setRead(trx, runId, outcome, { unchanged, ...(await records.countOpen(trx, source)) })
    if (!outcome.complete) return
    if (since === null) await runs.noteProvedRead(trx, source, runId, now)
    await keepMark(trx, world.store, { source, place: kept.place }, kept.shape, mark)
  })
}

function* batchesOf(digests: Iterable<string>): Generator<readonly string[]> {
  let batch: string[] = []
  for (const digest of digests) {
    batch.push(digest)
    if (batch.length < missingAtOnce) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
