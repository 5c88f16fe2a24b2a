import type { Knex } from 'knex'
import { validate as isUuid } from 'uuid'
import type { UnusableReason } from '../../domain/address.ts'
import { MusterError } from '../../domain/error.ts'
import type {
  EffectCounts,
  IdentityCounts,
  RecordCounts,
  Run,
  RunKind,
  RunSeconds,
  RunStatus,
  TrippedBrake,
} from '../../domain/run.ts'
import type { ReadOutcome } from '../../domain/source-row.ts'
import type { Database } from '../database.ts'
import { readInBatches } from './read-in-batches.ts'
import { formatTimestamp } from './timestamp.ts'

export interface RunList {
  /** Only this source's; null for all, roll-outs of policies among them. */
  readonly source: string | null
  readonly status: RunStatus | null
  /** The most that are read, newest first; 0 for all. */
  readonly limit: number
  /** Only those behind the one of this id. */
  readonly after?: string | null
}

/** Reads runs newest first, in batches. */
export async function* readRuns(
  database: Database,
  list: RunList,
): AsyncGenerator<readonly Run[], void, void> {
  const batches = readInBatches(
    list.limit,
    (after, size) => fetchRuns(database, list, after, size),
    (row) => row.id,
    list.after,
  )
  for await (const rows of batches) yield rows.map(viewRun)
}

/** One run by its id; `not-found` where there is none. */
export async function getRun(database: Database, id: string): Promise<Run> {
  const [row] = isUuid(id) ? await database<RunRow>('runs').where({ id }) : []
  if (row === undefined) throw new MusterError('not-found', `There is no run ${id}.`)
  return viewRun(row)
}

interface RunRow {
  readonly id: string
  readonly source: string | null
  readonly kind: RunKind
  readonly status: RunStatus
  readonly started_at: Date
  readonly ended_at: Date | null
  readonly read: ReadOutcome | null
  readonly records: Partial<RecordCounts>
  readonly identities: Partial<IdentityCounts>
  readonly effects: Partial<EffectCounts>
  readonly brakes: readonly TrippedBrake[]
  readonly unusable: Partial<Record<UnusableReason, number>>
  readonly seconds: Partial<RunSeconds>
  readonly fault: Run['fault']
}

async function fetchRuns(
  database: Database,
  list: RunList,
  after: string | null,
  size: number,
): Promise<readonly RunRow[]> {
  const page: Knex.QueryBuilder = database('runs')
    .orderBy([{ column: 'started_at', order: 'desc' }, 'id'])
    .limit(size)
  if (list.source !== null) page.where('source', list.source)
  if (list.status !== null) page.where('status', list.status)
  // The last row's own time, not a copy of it: a Date has lost the microseconds.
  if (after !== null) {
    page.whereRaw(
      `(started_at < (select started_at from runs where id = ?)
        or started_at = (select started_at from runs where id = ?) and id > ?)`,
      [after, after, after],
    )
  }
  return page.select<RunRow[]>('*')
}

/** Counters are stored as they grow, so those that never counted are absent: they are zero. */
function viewRun(row: RunRow): Run {
  return {
    id: row.id,
    source: row.source,
    kind: row.kind,
    status: row.status,
    startedAt: formatTimestamp(row.started_at),
    endedAt: formatTimestamp(row.ended_at),
    read: row.read,
    records: { added: 0, changed: 0, unchanged: 0, missing: 0, returned: 0, notLinked: 0, ...row.records },
    identities: { created: 0, changed: 0, deactivated: 0, reactivated: 0, ...row.identities },
    effects: {
      rightsGranted: 0,
      rightsRevoked: 0,
      enrolled: 0,
      replaced: 0,
      suspended: 0,
      resumed: 0,
      removed: 0,
      held: 0,
      failed: 0,
      ...row.effects,
    },
    brakes: row.brakes,
    unusable: row.unusable,
    seconds: { read: 0, stage: 0, decide: 0, apply: 0, total: 0, ...row.seconds },
    fault: row.fault,
  }
}
