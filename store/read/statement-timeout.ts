import { MusterError } from '../../domain/error.ts'
import type { Database, Transaction } from '../database.ts'

/** Milliseconds that a statement with a caller's filter may take: it has no index to lean on. */
const filteredReadTimeout = 20_000
/** SQLSTATE query_canceled. */
const queryCanceled = '57014'

/** Runs a read whose filter somebody typed, cancelled by the server when it takes too long. */
export async function readWithTimeout<Result>(
  database: Database,
  read: (transaction: Transaction) => Promise<Result>,
  milliseconds = filteredReadTimeout,
): Promise<Result> {
  try {
    return await database.transaction(async (transaction) => {
      await transaction.raw(`set local statement_timeout = ${Math.trunc(milliseconds)}; set local jit = off`)
      return read(transaction)
    })
  } catch (error) {
    if (!isCancelled(error)) throw error
    const seconds = milliseconds / 1000
    throw new MusterError('filter-too-slow', `The filter took longer than ${seconds} s; make it narrower.`, {
      cause: error,
    })
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === queryCanceled
}
