import type { Actor } from '../../domain/actor.ts'
import type { RunKind, RunStatus, TrippedBrake } from '../../domain/run.ts'
import type { ReadOutcome } from '../../domain/source-row.ts'
import type { Database, Transaction } from '../database.ts'

/** Numbers to add to a run's counters, by the names of its JSON. */
export interface RunIncrements {
  readonly records?: Readonly<Record<string, number>>
  readonly identities?: Readonly<Record<string, number>>
  readonly effects?: Readonly<Record<string, number>>
  readonly unusable?: Readonly<Record<string, number>>
  readonly seconds?: Readonly<Record<string, number>>
}

export interface NewRun {
  readonly id: string
  /** Null: the roll-out of a policy set. */
  readonly source: string | null
  readonly kind: RunKind
  readonly requestedBy: Actor
  readonly workflowId: string | null
  readonly policySet: string | null
}

/**
 * Starts a run, or finds the one that goes on: the partial unique index decides, so two requests at once make one
 * run. Returns the id that counts.
 */
export async function insertRun(
  database: Database,
  run: NewRun,
  at: Date,
): Promise<{ id: string; joined: boolean }> {
  // The winner may end between a lost insert and the look-up; then the next insert wins.
  for (;;) {
    const inserted = await database.raw<{ rows: { id: string }[] }>(
      `insert into runs (id, source, kind, status, workflow_id, requested_by, policy_set, started_at)
       values (?, ?, ?, 'running', ?, ?, ?, ?)
       on conflict (coalesce(source, '')) where status = 'running' do nothing returning id`,
      [run.id, run.source, run.kind, run.workflowId, JSON.stringify(run.requestedBy), run.policySet, at],
    )
    if (inserted.rows.length > 0) return { id: run.id, joined: false }
    const running = await database.raw<{ rows: { id: string }[] }>(
      `select id from runs where status = 'running' and coalesce(source, '') = coalesce(?, '')`,
      [run.source],
    )
    const winner = running.rows[0]
    if (winner !== undefined) return { id: winner.id, joined: winner.id !== run.id }
  }
}

/** Adds to the counters of a run, inside the transaction whose work is counted. */
export async function addToRun(database: Database, runId: string, add: RunIncrements): Promise<void> {
  await database.raw(
    `update runs set records = add_counts(records, ?::jsonb), identities = add_counts(identities, ?::jsonb),
       effects = add_counts(effects, ?::jsonb), unusable = add_counts(unusable, ?::jsonb),
       seconds = add_counts(seconds, ?::jsonb)
     where id = ?`,
    [
      ...[add.records, add.identities, add.effects, add.unusable, add.seconds].map((counts) =>
        JSON.stringify(counts ?? {}),
      ),
      runId,
    ],
  )
}

/** Sets counters that are known as a whole only at the end of a read. */
export async function setRead(
  database: Database,
  runId: string,
  read: ReadOutcome,
  records: Readonly<Record<string, number>>,
): Promise<void> {
  await database.raw('update runs set read = ?::jsonb, records = records || ?::jsonb where id = ?', [
    JSON.stringify(read),
    JSON.stringify(records),
    runId,
  ])
}

/** Sets one counter of the effects: what is held is a state, not a sum. */
export async function setEffect(
  database: Database,
  runId: string,
  name: string,
  count: number,
): Promise<void> {
  await database.raw(
    'update runs set effects = effects || jsonb_build_object(?::text, ?::int) where id = ?',
    [name, count, runId],
  )
}

export async function setBrakes(
  database: Database,
  runId: string,
  brakes: readonly TrippedBrake[],
): Promise<void> {
  await database.raw('update runs set brakes = ?::jsonb where id = ?', [JSON.stringify(brakes), runId])
}

/** Ends a run. Only a run that is not ended changes; returns whether this call did it. */
export async function endRun(
  database: Database,
  runId: string,
  status: Exclude<RunStatus, 'running' | 'held'>,
  at: Date,
  fault: { readonly code: string; readonly message: string } | null = null,
): Promise<boolean> {
  const { rowCount } = await database.raw<{ rowCount: number }>(
    `update runs set status = ?, ended_at = ?, fault = ?::jsonb,
       seconds = seconds || jsonb_build_object('total', round(extract(epoch from (?::timestamptz - started_at))::numeric, 3))
     where id = ? and status in ('running', 'held')`,
    [status, at, fault === null ? null : JSON.stringify(fault), at, runId],
  )
  return rowCount > 0
}

/** A run that was asked for changes and reads everything is one that reads everything. */
export async function setKind(database: Database, runId: string, kind: RunKind): Promise<void> {
  await database.raw('update runs set kind = ? where id = ?', [kind, runId])
}

export async function setPolicySet(database: Database, runId: string, policySet: string): Promise<void> {
  await database.raw('update runs set policy_set = ? where id = ?', [policySet, runId])
}

/** Holds a run for a person's verdict, whatever became of its workflow meanwhile. */
export async function holdRun(database: Database, runId: string): Promise<void> {
  await database.raw("update runs set status = 'held', ended_at = null where id = ?", [runId])
}

/** What the steps of a run need to know of it. */
export interface RunRow {
  readonly id: string
  readonly source: string | null
  readonly kind: RunKind
  readonly status: RunStatus
  readonly workflowId: string | null
  readonly policySet: string | null
  readonly startedAt: Date
  readonly read: ReadOutcome | null
  readonly records: Readonly<Record<string, number>>
  readonly effects: Readonly<Record<string, number>>
  readonly brakes: readonly TrippedBrake[]
}

const runColumns = `id, source, kind, status, workflow_id as "workflowId", policy_set as "policySet", started_at as "startedAt",
  read, records, effects, brakes`

export async function readRun(database: Database, runId: string): Promise<RunRow | null> {
  const { rows } = await database.raw<{ rows: RunRow[] }>(`select ${runColumns} from runs where id = ?`, [
    runId,
  ])
  return rows[0] ?? null
}

/** The same, with its row locked until the transaction ends. */
export async function lockRun(trx: Transaction, runId: string): Promise<RunRow | null> {
  const { rows } = await trx.raw<{ rows: RunRow[] }>(
    `select ${runColumns} from runs where id = ? for update`,
    [runId],
  )
  return rows[0] ?? null
}

/** Runs that a sweep must look at. */
export async function readOpenRuns(database: Database): Promise<readonly RunRow[]> {
  const { rows } = await database.raw<{ rows: RunRow[] }>(
    `select ${runColumns} from runs where status in ('running', 'held') order by started_at`,
  )
  return rows
}

/** The source's proof of this run becomes its newest. */
export async function noteProvedRead(
  database: Database,
  source: string,
  runId: string,
  at: Date,
): Promise<void> {
  await database.raw(
    'update sources set last_proved_at = ?, last_proved_run = ? where name = ? and (last_proved_at is null or last_proved_at < ?)',
    [at, runId, source, at],
  )
}

/** Makes the table of sources equal to the configuration: a source taken out stays, frozen. */
export async function keepSources(
  database: Database,
  sources: readonly { readonly name: string; readonly type: string }[],
): Promise<void> {
  await database.raw(
    `insert into sources (name, type) select name, type from jsonb_to_recordset(?::jsonb) as u(name text, type text)
     on conflict (name) do update set type = excluded.type, configured = true`,
    [JSON.stringify(sources)],
  )
  await database.raw('update sources set configured = false where configured and not (name = any(?))', [
    sources.map(({ name }) => name),
  ])
}
