import type { PullSource, ReadOptions } from '../../connectors/connector.ts'
import type { ReadOutcome, SourceRow } from '../../domain/source-row.ts'

/** Reads a source to its end, and keeps everything. */
export async function readAll(
  source: PullSource,
  options: Partial<ReadOptions> = {},
): Promise<{ rows: readonly SourceRow[]; outcome: ReadOutcome; batches: readonly number[] }> {
  const rows: SourceRow[] = []
  const batches: number[] = []
  const reading = source.readAll({ signal: new AbortController().signal, ...options })
  for (;;) {
    const { done, value } = await reading.next()
    if (done) return { rows, outcome: value, batches }
    rows.push(...value)
    batches.push(value.length)
  }
}
