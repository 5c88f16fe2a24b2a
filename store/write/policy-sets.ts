import type { Database, Transaction } from '../database.ts'

/** A policy set as it was loaded: everything that a worker needs to decide, wherever it runs. */
export interface StoredPolicySet {
  /** `sha256:…` over documents, conditions and settings. */
  readonly id: string
  readonly documents: readonly unknown[]
  readonly conditions: readonly unknown[]
  readonly settings: unknown
}

/** The id of the set in force, or null before the first was loaded. */
export async function readInForce(database: Database): Promise<string | null> {
  const { rows } = await database.raw<{ rows: { id: string | null }[] }>(
    'select policy_set as id from policy_set_in_force',
  )
  return rows[0]?.id ?? null
}

/** The same, held against a change until the transaction ends: a plan is applied under the set it was decided by. */
export async function holdInForce(trx: Transaction): Promise<string | null> {
  const { rows } = await trx.raw<{ rows: { id: string | null }[] }>(
    'select policy_set as id from policy_set_in_force for share',
  )
  return rows[0]?.id ?? null
}

/** The same, taken for a change: waits for plans that are being applied, and makes later ones wait. */
export async function lockInForce(trx: Transaction): Promise<string | null> {
  const { rows } = await trx.raw<{ rows: { id: string | null }[] }>(
    'select policy_set as id from policy_set_in_force for update',
  )
  return rows[0]?.id ?? null
}

export async function readPolicySet(database: Database, id: string): Promise<StoredPolicySet | null> {
  const { rows } = await database.raw<{ rows: StoredPolicySet[] }>(
    'select id, documents, conditions, settings from policy_sets where id = ?',
    [id],
  )
  return rows[0] ?? null
}

export async function insertPolicySet(
  trx: Transaction,
  set: StoredPolicySet,
  at: Date,
  by: string,
): Promise<void> {
  await trx.raw(
    `insert into policy_sets (id, documents, conditions, settings, loaded_at, loaded_by)
     values (?, ?::jsonb, ?::jsonb, ?::jsonb, ?, ?) on conflict (id) do nothing`,
    [
      set.id,
      JSON.stringify(set.documents),
      JSON.stringify(set.conditions),
      JSON.stringify(set.settings),
      at,
      by,
    ],
  )
}

/** Puts a set in the place of the former one; the caller holds `lockInForce`. */
export async function putInForce(trx: Transaction, id: string, at: Date): Promise<void> {
  await trx.raw('update policy_set_in_force set policy_set = ?, since = ?', [id, at])
}
