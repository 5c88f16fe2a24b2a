import type { Knex } from 'knex'
import type { Database } from './database.ts'

/**
 * Runs a statement that each connection plans once: the small statements of the challenge path, whose planning costs
 * more than their work. One name is one text, always the same.
 */
export async function runPrepared<Result>(
  database: Database,
  name: string,
  sql: string,
  bindings: readonly Knex.RawBinding[] | Knex.ValueDict,
): Promise<Result> {
  // knex wraps the type of what it answers; what it answers is this.
  return (await database.raw(sql, bindings).options({ name })) as Result
}
