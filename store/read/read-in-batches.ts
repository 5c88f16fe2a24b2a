/** Rows fetched at a time: large enough that the round trip is cheap, small enough that memory stays flat. */
const batchSize = 500

/**
 * Pages through a list by keyset: `fetch` gets the last key seen (at first `start`, null for the beginning) and how
 * many rows to bring. A limit of 0 means all. Every batch is a statement of its own, so that a slow reader pins no snapshot.
 */
export async function* readInBatches<Row>(
  limit: number,
  fetch: (after: string | null, size: number) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
  start: string | null = null,
): AsyncGenerator<readonly Row[], void, void> {
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit
  let after = start
  while (left > 0) {
    const size = Math.min(batchSize, left)
    const rows: readonly Row[] = await fetch(after, size)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < size) return
    left -= rows.length
    after = keyOf(last)
  }
}
