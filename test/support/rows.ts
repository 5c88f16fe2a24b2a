import type { ReadOutcome, SourceRow } from '../../domain/source-row.ts'

/** A row of a source, with everything left out that the test does not speak of. */
export function row(externalId: string, given: Partial<SourceRow> = {}): SourceRow {
  return {
    externalId,
    attributes: {},
    active: true,
    inactiveFrom: null,
    groups: null,
    country: 'DE',
    ...given,
  }
}

/** A read as a connector gives it: these rows, then this end. */
export async function* readOf(
  rows: readonly SourceRow[],
  end: Partial<ReadOutcome> = {},
): AsyncGenerator<readonly SourceRow[], ReadOutcome, void> {
  for (let start = 0; start < rows.length; start += 1000) yield rows.slice(start, start + 1000)
  return {
    complete: true,
    why: null,
    entries: rows.length,
    pages: 1,
    references: 0,
    server: 'test',
    groups: null,
    problems: [],
    problemCount: 0,
    ...end,
  }
}
