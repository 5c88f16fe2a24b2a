import type { Database, Transaction } from '../database.ts'

/** From where the changes of a source can be read, where that was noted for exactly this place. */
export async function readMark(database: Database, source: string, place: Buffer): Promise<string | null> {
  const { rows } = await database.raw<{ rows: { mark: string | null }[] }>(
    'select changes_mark as mark from sources where name = ? and changes_place = ?',
    [source, place],
  )
  return rows[0]?.mark ?? null
}

/** Notes it, in the transaction that ends a read of everything before it. Null: changes cannot be read from anywhere. */
export async function keepMark(
  trx: Transaction,
  source: string,
  mark: string | null,
  place: Buffer,
): Promise<void> {
  await trx.raw('update sources set changes_mark = ?, changes_place = ? where name = ?', [
    mark,
    place,
    source,
  ])
}
