import type { UnusableValue } from '../../domain/address.ts'
import type { Database, Transaction } from '../database.ts'

export interface DueIdentity {
  readonly id: string
  readonly revision: number
}

/** Whose due marks a drain takes: those of one run, or (null) those that belong to no run. */
export type DueScope = string | null

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
  const { rows } = await database.raw<{ rows: { id: string; revision: string }[] }>(
    `select identity_id as id, revision from identity_states
     where due_at <= ? and identity_id > ? and due_run is not distinct from ?::uuid order by identity_id limit ?`,
    [now, cursor ?? firstId, scope, limit],
  )
  return rows.map(({ id, revision }) => ({ id, revision: Number(revision) }))
}

const firstId = '00000000-0000-0000-0000-000000000000'

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
 * The guard of architecture rule 15: clears the due mark only where there still is one (two workers may drain one run)
 * and the revision is the one decided on, and answers those ids. Their rows stay locked until the transaction ends.
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
       join identity_states s on s.identity_id = u.id and s.revision = u.revision and s.due_at is not null
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

/**
 * Runs that ended, or whose hold was decided, and that still have due identities or parked effects: their workflow
 * died before its work was done. And roll-outs that go on since before `young`: whoever loaded the set may have died,
 * or found no Temporal, before a workflow took it up.
 */
export async function readUnsettledRuns(database: Database, young: Date): Promise<readonly string[]> {
  const { rows } = await database.raw<{ rows: { id: string }[] }>(
    `select id from runs r
     where (r.status in ('completed', 'failed', 'cancelled')
            and (exists (select 1 from parked_effects p where p.run_id = r.id)
                 or exists (select 1 from identity_states s where s.due_at is not null and s.due_run = r.id)))
        or (r.status = 'held' and r.brakes -> 0 -> 'verdict' ->> 'kind' is not null)
        or (r.status = 'running' and r.kind = 'policies' and r.started_at < ?)
     order by started_at`,
    [young],
  )
  return rows.map(({ id }) => id)
}
