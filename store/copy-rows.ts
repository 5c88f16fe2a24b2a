import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type CopyTable, type CopyValue, RowWriter } from './copy-text.ts'
import type { Transaction } from './database.ts'

/** Rows in one chunk of text: enough to amortise a write, little enough to stay out of the large-object space. */
const rowsInChunk = 500

/** Fewer rows are one INSERT: a COPY goes to the server and back twice, which one challenge would wait for. */
const rowsWorthCopying = 5

/**
 * Writes rows by `COPY … FROM STDIN` in text format, the fastest way into PostgreSQL that was measured. Runs inside
 * the given transaction. `valuesOf` is asked for a row when its turn comes: a batch of rows that all stood ready would
 * outlive the young generation.
 */
export async function copyRows<Item>(
  trx: Transaction,
  rows: CopyTable<Item>,
  items: readonly Item[],
): Promise<void> {
  if (items.length === 0) return
  if (items.length < rowsWorthCopying) return insertRows(trx, rows, items.map(rows.valuesOf))
  await copyPieces(trx, rows, chunksOf(items, new RowWriter(rows)))
}

/** Writes rows that stand ready as text. */
export async function copyPieces(
  trx: Transaction,
  { table, columns }: Pick<CopyTable<never>, 'table' | 'columns'>,
  pieces: Iterable<string | Buffer>,
): Promise<void> {
  // A knex transaction holds one connection; acquiring from it answers that one.
  const client = (await trx.client.acquireConnection()) as PoolClient
  const target = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`))
  await pipeline(Readable.from(pieces), target)
}

async function insertRows(
  trx: Transaction,
  { table, columns }: Pick<CopyTable<never>, 'table' | 'columns'>,
  rows: readonly (readonly CopyValue[])[],
): Promise<void> {
  const places = rows.map((row) => `(${row.map(() => '?').join(', ')})`)
  await trx.raw(
    `insert into ${table} (${columns.join(', ')}) values ${places.join(', ')}`,
    rows.flat().map(parameterOf),
  )
}

/** As COPY would read it: objects as JSON. */
function parameterOf(value: CopyValue): string | number | boolean | Date | Buffer | null {
  if (value === null || typeof value !== 'object') return value
  return value instanceof Date || Buffer.isBuffer(value) ? value : JSON.stringify(value)
}

function* chunksOf<Item>(items: readonly Item[], writer: RowWriter<Item>): Generator<string> {
  let text = ''
  for (const [index, item] of items.entries()) {
    text += writer.write(item)
    if ((index + 1) % rowsInChunk !== 0) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}
