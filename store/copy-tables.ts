import type { Connection, PoolClient, Submittable } from 'pg'
import type { CopyTable } from './copy-text.ts'
import type { Transaction } from './database.ts'

/** Rows of one table that stand ready as text. They must not change until the copy has ended. */
export interface ReadyRows {
  readonly table: Pick<CopyTable<never>, 'table' | 'columns'>
  readonly pieces: readonly Buffer[]
}

/**
 * Writes rows of several tables as one message: each `COPY` of its own is two waits for the server, and where many
 * small batches are written the server waits for us in turn, as long as the event loop is busy with the next batch.
 */
export async function copyTables(trx: Transaction, tables: readonly ReadyRows[]): Promise<void> {
  if (tables.length === 0) return
  // A knex transaction holds one connection; acquiring from it answers that one.
  const client = (await trx.client.acquireConnection()) as PoolClient
  await new Promise<void>((resolve, reject) => {
    client.query(new CopyTables(tables, (error) => (error === null ? resolve() : reject(error))))
  })
}

/** Message formats (PostgreSQL documentation, section 54.7): CopyData before each piece, CopyDone after each table. */
const copyData = 0x64
const copyDone = Buffer.from([0x63, 0, 0, 0, 4])
const lengthBytes = 4

/**
 * A query of the driver's. All data goes out behind the statements at once: the server reads what belongs to one COPY
 * up to its CopyDone, then begins the next; and it drops what still comes after a failure, as after any failed COPY.
 */
class CopyTables implements Submittable {
  readonly #tables: readonly ReadyRows[]
  readonly #end: (error: Error | null) => void

  constructor(tables: readonly ReadyRows[], end: (error: Error | null) => void) {
    this.#tables = tables
    this.#end = end
  }

  submit(connection: Connection): void {
    connection.query(
      this.#tables
        .map(({ table }) => `copy ${table.table} (${table.columns.join(', ')}) from stdin`)
        .join('; '),
    )
    const { stream } = connection
    stream.cork()
    for (const { pieces } of this.#tables) {
      for (const piece of pieces) {
        const head = Buffer.alloc(1 + lengthBytes, copyData)
        head.writeUInt32BE(piece.length + lengthBytes, 1)
        stream.write(head)
        stream.write(piece)
      }
      stream.write(copyDone)
    }
    stream.uncork()
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.#end(error)
  }

  handleReadyForQuery(): void {
    this.#end(null)
  }
}
