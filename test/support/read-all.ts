import type { PullSource, ReadOptions } from '../../connectors/connector.ts'
import type { ReadEnd, ReadOutcome, SourceRow } from '../../domain/source-row.ts'

export interface WholeRead {
  readonly rows: readonly SourceRow[]
  readonly outcome: ReadOutcome
  readonly batches: readonly number[]
  readonly mark: string | null
  readonly groupsOf: ReadEnd['groupsOf']
}

/** Reads a source to its end, and keeps everything. */
export function readAll(source: PullSource, options: Partial<ReadOptions> = {}): Promise<WholeRead> {
  return keepAll(source.readAll({ signal: new AbortController().signal, ...options }))
}

/** The same of what changed since a mark. Throws for a source that cannot tell. */
export function readChanges(source: PullSource, mark: string | null): Promise<WholeRead> {
  if (source.changes === undefined || mark === null) throw new Error('There is nothing to read changes from.')
  return keepAll(source.changes.readChanges(mark, { signal: new AbortController().signal }))
}

async function keepAll(reading: ReturnType<PullSource['readAll']>): Promise<WholeRead> {
  const rows: SourceRow[] = []
  const batches: number[] = []
  for (;;) {
    const { done, value } = await reading.next()
    if (done) {
      const { mark = null, groupsOf = null, ...outcome } = value
      return { rows, outcome, batches, mark, groupsOf }
    }
    rows.push(...value)
    batches.push(value.length)
  }
}
