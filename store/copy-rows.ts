import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Transaction } from './database.ts'

/** A value that COPY can carry: objects and arrays are written as JSON. */
export type CopyValue = string | number | boolean | Date | Buffer | object | null

/** Rows in one chunk of text: enough to amortise a write, little enough to stay out of the large-object space. */
const rowsInChunk = 500

/** Fewer rows are one INSERT: a COPY goes to the server and back twice, which one challenge would wait for. */
const rowsWorthCopying = 5

/**
 * Writes rows by `COPY … FROM STDIN` in text format, the fastest way into PostgreSQL that was measured. Runs inside
 * the given transaction. Table and columns are literals of ours; values are escaped. `valuesOf` is asked for a row when
 * its turn comes: a batch of rows that all stood ready would outlive the young generation. A text goes into a jsonb
 * column as the JSON that it is.
 */
export async function copyRows<Item>(
  trx: Transaction,
  table: string,
  columns: readonly string[],
  items: readonly Item[],
  valuesOf: (item: Item) => readonly CopyValue[],
): Promise<void> {
  if (items.length === 0) return
  if (items.length < rowsWorthCopying) return insertRows(trx, table, columns, items.map(valuesOf))
  // A knex transaction holds one connection; acquiring from it answers that one.
  const client = (await trx.client.acquireConnection()) as PoolClient
  const target = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`))
  await pipeline(Readable.from(chunksOf(items, valuesOf)), target)
}

async function insertRows(
  trx: Transaction,
  table: string,
  columns: readonly string[],
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

function* chunksOf<Item>(
  items: readonly Item[],
  valuesOf: (item: Item) => readonly CopyValue[],
): Generator<string> {
  let text = ''
  for (const [index, item] of items.entries()) {
    let separator = ''
    for (const value of valuesOf(item)) {
      text += separator
      text += encodeValue(value)
      separator = '\t'
    }
    text += '\n'
    if ((index + 1) % rowsInChunk !== 0) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

function encodeValue(value: CopyValue): string {
  if (value === null) return '\\N'
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`
  return escapeJson(JSON.stringify(value))
}

/** JSON holds none of the characters that COPY escapes but its own backslash. */
function escapeJson(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text
}

const needsEscape = /[\\\t\n\r]/
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escapeText(text: string): string {
  return needsEscape.test(text)
    ? text.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character)
    : text
}
