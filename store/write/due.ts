import type { UnusableValue } from '../../domain/address.ts'
import type { Database, Transaction } from '../database.ts'

export interface DueIdentity {
  readonly id: string
  readonly revision: number
}

/** Whose due marks a drain takes: those of one run, or those that no running run looks after. */
export type DueScope = { readonly runId: string } | 'unattended'

/**
 * The next due identities after `cursor` in id order. No lock is taken: the guard of the write decides, so two
 * drains waste work at worst.
 */
export async function readDue(
  database: Database,
  scope: DueScope,
  cursor: string | null,
  limit: number,
  now: Date,
): Promise<readonly DueIdentity[]> {
  const mine =
    scope === 'unattended'
      ? {
          sql: `(due_run is null or not exists (select 1 from runs r where r.id = due_run and r.status = 'running'))`,
          bindings: [],
        }
      : { sql: 'due_run = ?', bindings: [scope.runId] }
  const { rows } = await database.raw<{ rows: { id: string; revision: string }[] }>(
    `select identity_id as id, revision from identity_states
     where due_at <= ? and identity_id > ? and ${mine.sql} order by identity_id limit ?`,
    [now, cursor ?? firstId, ...mine.bindings, limit],
  )
  return rows.map(({ id, revision }) => ({ id, revision: Number(revision) }))
}

const firstId = '00000000-0000-0000-0000-000000000000'

/** Whether anything is due now, or when the next review comes. */
export async function hasUnattendedDue(database: Database, now: Date): Promise<boolean> {
  return (await readDue(database, 'unattended', null, 1, now)).length > 0
}

/** What was decided of one identity, for the guard and the state row. */
export interface DecidedState {
  readonly id: string
  /** The revision that the decision was made on. */
  readonly revision: number
  /** True where the plan writes something: then the revision moves. */
  readonly writes: boolean
  readonly reviewAt: string | null
  readonly unusable: readonly UnusableValue[]
}

/**
 * The guard of architecture rule 15: clears the due mark only where the revision is the one decided on, and answers
 * those ids. Their rows stay locked until the transaction ends.
 */
export async function settleDecided(
  trx: Transaction,
  policySet: string,
  states: readonly DecidedState[],
  at: Date,
): Promise<ReadonlySet<string>> {
  const rows = states.map((state) => ({
    ...state,
    unusable: state.unusable.length === 0 ? null : state.unusable,
  }))
  const { rows: settled } = await trx.raw<{ rows: { id: string }[] }>(
    `with decided as materialized (
       select u.*, s.identity_id
       from jsonb_to_recordset(?::jsonb) as u(id uuid, revision bigint, writes boolean, "reviewAt" timestamptz, unusable jsonb)
       join identity_states s on s.identity_id = u.id and s.revision = u.revision
       order by s.identity_id for update of s)
     update identity_states s set due_at = null, due_reason = null, due_run = null, decided_at = ?, decided_set = ?,
       review_at = d."reviewAt", unusable = nullif(d.unusable, 'null'::jsonb),
       revision = s.revision + case when d.writes then 1 else 0 end
     from decided d where s.identity_id = d.identity_id and s.revision = d.revision
     returning s.identity_id as id`,
    [JSON.stringify(rows), at, policySet],
  )
  return new Set(settled.map(({ id }) => id))
}

/** Identities whose time has come: a decision's review, or a date at which the source calls them inactive. */
export async function readReviewsReached(
  trx: Transaction,
  now: Date,
  limit: number,
): Promise<{ readonly reviews: readonly string[]; readonly inactive: readonly string[] }> {
  const reviews = await trx.raw<{ rows: { id: string }[] }>(
    'select identity_id as id from identity_states where review_at <= ? and due_at is null order by identity_id limit ?',
    [now, limit],
  )
  const inactive = await trx.raw<{ rows: { id: string }[] }>(
    'select id from identities where inactive_from <= ? and active order by id limit ?',
    [now, limit],
  )
  return { reviews: reviews.rows.map(({ id }) => id), inactive: inactive.rows.map(({ id }) => id) }
}
