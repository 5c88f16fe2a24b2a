import { z } from 'zod'

/** What every list takes and answers: pages of at most 500, newest first, each with the cursor of the next. */

const mostRows = 500

const integer = z.preprocess(
  (text) => (typeof text === 'string' && /^\d{1,6}$/.test(text) ? Number(text) : text),
  z.int().min(1).max(mostRows),
)

/** `true` or `false` in a query. */
export const flag = z
  .preprocess((text) => (text === 'true' ? true : text === 'false' ? false : text), z.boolean())
  .default(false)

/** A place in a list: the id of the last row of a page (UUID), as 22 characters. Opaque to callers. */
const cursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, 'a nextCursor of this list')
  .transform((text) => formatUuid(Buffer.from(text, 'base64url').toString('hex')))

/** The parts of the query of every list. */
export const pageQuery = {
  limit: integer.default(100).describe('The most that one page holds.'),
  cursor: cursor.optional().describe('`nextCursor` of the page before; left out: the first page.'),
} as const

/** The query of a list that can be counted. */
export const countedQuery = {
  ...pageQuery,
  count: flag.describe('Whether `total` is counted, which a filter over many people makes slow.'),
} as const

/** A person in a query, as people name one. */
export const who = z
  .string()
  .min(1)
  .max(1100)
  .optional()
  .describe('Only of this identity: its id, userName or SOURCE:externalId.')

/** How a list answers: its rows under `name`, and where it goes on. */
export function describePage<Name extends string, Row extends z.ZodType>(name: Name, row: Row) {
  return z.strictObject({ [name]: z.array(row), nextCursor } as {
    readonly [Key in Name]: z.ZodArray<Row>
  } & { readonly nextCursor: typeof nextCursor })
}

/** The same with the number of all rows, where it was asked for. */
export function describeCountedPage<Name extends string, Row extends z.ZodType>(name: Name, row: Row) {
  return describePage(name, row).extend({ total })
}

const nextCursor = z.string().nullable().describe('For the next page; null: this was the last.')
const total = z.int().nullable().describe('Of all pages, where `count` was asked for; else null.')

/** The one page that a list of this limit gives, and its cursor. */
export async function takePage<Row extends { readonly id: string }>(
  batches: AsyncIterable<readonly Row[]>,
  limit: number,
): Promise<{ readonly rows: readonly Row[]; readonly nextCursor: string | null }> {
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...batch)
  const last = rows.length < limit ? undefined : rows.at(-1)
  return { rows, nextCursor: last === undefined ? null : writeCursor(last.id) }
}

function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}

function formatUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
