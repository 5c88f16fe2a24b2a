import type { Effect } from '../../domain/effect.ts'
import type { Database, Transaction } from '../database.ts'

/** What would be taken from one identity, parked until a brake lets it pass or a person decides. */
export interface ParkedEffects {
  readonly identityId: string
  readonly runId: string
  /** The revision after the first half of the plan was applied. */
  readonly revision: number
  readonly policySet: string
  readonly effects: readonly Effect[]
}

const parkedColumns = `identity_id as "identityId", run_id as "runId", revision, policy_set as "policySet", effects`

/** Parked effects of these identities. */
export async function readParked(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { readonly runId: string; readonly held: boolean }>> {
  const { rows } = await database.raw<{ rows: { identityId: string; runId: string; held: boolean }[] }>(
    `select p.identity_id as "identityId", p.run_id as "runId", r.status = 'held' and not coalesce(r.brakes -> 0 -> 'verdict' ->> 'kind' = 'approved', false) as held
     from parked_effects p join runs r on r.id = p.run_id where p.identity_id = any(?)`,
    [[...ids]],
  )
  return new Map(rows.map(({ identityId, runId, held }) => [identityId, { runId, held }]))
}

export async function upsertParked(trx: Transaction, parked: readonly ParkedEffects[]): Promise<void> {
  if (parked.length === 0) return
  await trx.raw(
    `insert into parked_effects (identity_id, run_id, revision, policy_set, effects)
     select "identityId", "runId", revision, "policySet", effects
     from jsonb_to_recordset(?::jsonb) as u("identityId" uuid, "runId" uuid, revision bigint, "policySet" text, effects jsonb)
     on conflict (identity_id) do update set run_id = excluded.run_id, revision = excluded.revision,
       policy_set = excluded.policy_set, effects = excluded.effects`,
    [JSON.stringify(parked)],
  )
}

export async function deleteParked(trx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await trx.raw('delete from parked_effects where identity_id = any(?)', [[...ids]])
}

/** Drops all that a run has parked: a person rejected it. Returns how many identities keep what they have. */
export async function dropParked(trx: Transaction, runId: string): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>('delete from parked_effects where run_id = ?', [
    runId,
  ])
  return rowCount
}

/** The next parked identities of a run, with the lock of their states taken in id order. */
export async function takeParked(
  trx: Transaction,
  runId: string,
  limit: number,
): Promise<readonly ParkedEffects[]> {
  await trx.raw(
    `select 1 from identity_states where identity_id in
       (select identity_id from parked_effects where run_id = ? order by identity_id limit ?) order by identity_id for update`,
    [runId, limit],
  )
  const { rows } = await trx.raw<{ rows: (ParkedEffects & { revision: string })[] }>(
    `select ${parkedColumns} from parked_effects where run_id = ? order by identity_id limit ? for update`,
    [runId, limit],
  )
  return rows.map((row) => ({ ...row, revision: Number(row.revision) }))
}

/** Revisions as they stand, for a comparison under lock. */
export async function readRevisions(
  trx: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await trx.raw<{ rows: { id: string; revision: string }[] }>(
    'select identity_id as id, revision from identity_states where identity_id = any(?)',
    [[...ids]],
  )
  return new Map(rows.map(({ id, revision }) => [id, Number(revision)]))
}

/** What a run would take away: identities from which it would revoke or suspend, and how many effects that is. */
export async function countParked(
  database: Database,
  runId: string,
): Promise<{ readonly identities: number; readonly effects: number }> {
  const { rows } = await database.raw<{ rows: { identities: string; effects: string }[] }>(
    `select count(*) filter (where e.revoking > 0) as identities, coalesce(sum(e.revoking), 0) as effects
     from parked_effects p, lateral (select count(*) as revoking from jsonb_array_elements(p.effects) x
       where x ->> 'op' in ('revoke-right', 'suspend')) e
     where p.run_id = ?`,
    [runId],
  )
  return { identities: Number(rows[0]?.identities ?? 0), effects: Number(rows[0]?.effects ?? 0) }
}

/**
 * What a brake is measured on: the identities of a source's population that hold an effective right (`source` null:
 * everybody).
 */
export async function countHolders(database: Database, source: string | null): Promise<number> {
  const { rows } = await database.raw<{ rows: { of: string }[] }>(
    `select count(*) as of from (select identity_id from rights where effective group by identity_id) r
     where ?::text is null or exists (select 1 from source_records s where s.identity_id = r.identity_id and s.source = ?)`,
    [source, source],
  )
  return Number(rows[0]?.of ?? 0)
}
