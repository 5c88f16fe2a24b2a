import type { Knex } from 'knex'
import type { PoolClient } from 'pg'
import type { Database, Transaction } from './database.ts'

/** A statement as the driver wants it, made once of its text. */
interface Compiled {
  readonly text: string
  /** Of named bindings, in the order of the text; null where bindings come in order. */
  readonly names: readonly string[] | null
}

const compiled = new Map<string, Compiled>()

/**
 * Runs a statement that each connection plans once: the small statements that somebody waits for, whose planning costs
 * more than their work. One name is one text, always the same. It goes to the driver by itself: building a query of
 * knex's for it would cost half of what asking PostgreSQL costs.
 */
export async function runPrepared<Result>(
  database: Database,
  name: string,
  sql: string,
  bindings: readonly Knex.RawBinding[] | Knex.ValueDict,
): Promise<Result> {
  const { text, names } = compiled.get(sql) ?? compile(database, sql, bindings)
  const values = isList(bindings) ? [...bindings] : (names ?? []).map((each) => bindings[each])
  // Its connection may be somebody else's by now.
  if (isTransaction(database) && database.isCompleted()) throw new Error('The transaction has ended already.')
  const { client } = database
  // Of a transaction this is the one connection that it has.
  const connection = (await client.acquireConnection()) as PoolClient
  try {
    client.emit('query', { sql: text, bindings: values })
    return (await connection.query({ name, text, values })) as Result
  } finally {
    await client.releaseConnection(connection)
  }
}

/** knex numbers the places. It is given the names as values, and so tells their order. */
function compile(
  database: Database,
  sql: string,
  bindings: readonly Knex.RawBinding[] | Knex.ValueDict,
): Compiled {
  const asked = isList(bindings)
    ? bindings
    : Object.fromEntries(Object.keys(bindings).map((key) => [key, key]))
  const native = database.raw(sql, asked).toSQL().toNative()
  const statement = { text: native.sql, names: isList(bindings) ? null : native.bindings.map(String) }
  compiled.set(sql, statement)
  return statement
}

function isList(
  bindings: readonly Knex.RawBinding[] | Knex.ValueDict,
): bindings is readonly Knex.RawBinding[] {
  return Array.isArray(bindings)
}

function isTransaction(database: Database): database is Transaction {
  return database.isTransaction === true
}
