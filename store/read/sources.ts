import { MusterError } from '../../domain/error.ts'
import { findNearest } from '../../domain/nearest.ts'
import type { Run, RunStatus } from '../../domain/run.ts'
import type { ReadOutcome } from '../../domain/source-row.ts'
import type {
  NotLinkedRecord,
  SourceDetail,
  SourceFault,
  SourceState,
  SourceView,
} from '../../domain/source-view.ts'
import type { Database } from '../database.ts'
import { formatTimestamp } from './timestamp.ts'

/** Every source that was ever configured, by name. */
export async function listSources(database: Database): Promise<readonly SourceView[]> {
  const { rows } = await database.raw<{ rows: SourceRow[] }>(`${selectSources} order by s.name`)
  return rows.map(viewSource)
}

/** One source with its records that are linked to nobody; `source-unknown` where there is none of that name. */
export async function getSource(database: Database, name: string): Promise<SourceDetail> {
  await requireSource(database, name)
  const { rows } = await database.raw<{ rows: [SourceRow] }>(`${selectSources} where s.name = ?`, [name])
  const records = await database('source_records')
    .where({ source: name })
    .whereNull('identity_id')
    .orderBy('external_id')
    .limit(notLinkedLimit)
    .select<NotLinkedRow[]>('external_id', 'link_fault', 'changed_at')
  return { ...viewSource(rows[0]), notLinked: records.map(viewNotLinked) }
}

/** Throws `source-unknown`, with the nearest known name, where there never was a source of that name. */
export async function requireSource(database: Database, name: string): Promise<void> {
  const names = await database('sources').orderBy('name').pluck<string[]>('name')
  if (names.includes(name)) return
  const nearest = findNearest(name, names)
  const hint = nearest === null ? `Known: ${names.join(', ') || 'none'}.` : `Did you mean ${nearest}?`
  throw new MusterError('source-unknown', `There is no source ${name}. ${hint}`)
}

const notLinkedLimit = 1000

interface SourceRow {
  readonly name: string
  readonly type: string
  readonly configured: boolean
  readonly last_proved_at: Date | null
  readonly total: number
  readonly not_linked: number
  readonly missing: number
  readonly run_id: string | null
  readonly run_status: RunStatus | null
  readonly run_read: ReadOutcome | null
  readonly run_fault: Run['fault']
}

interface NotLinkedRow {
  readonly external_id: string
  readonly link_fault: string | null
  readonly changed_at: Date
}

const selectSources = `
  select s.name, s.type, s.configured, s.last_proved_at,
    coalesce(r.total, 0) as total, coalesce(r.not_linked, 0) as not_linked, coalesce(r.missing, 0) as missing,
    run.id as run_id, run.status as run_status, run.read as run_read, run.fault as run_fault
  from sources s
  left join (select source, count(*)::int as total,
               count(*) filter (where identity_id is null)::int as not_linked,
               count(*) filter (where missing_since is not null)::int as missing
             from source_records group by source) r on r.source = s.name
  left join lateral (select id, status, read, fault from runs
                     where runs.source = s.name order by started_at desc, id limit 1) run on true`

function viewSource(row: SourceRow): SourceView {
  return {
    name: row.name,
    type: row.type,
    state: describeState(row),
    lastProvedAt: formatTimestamp(row.last_proved_at),
    lastRun: row.run_id,
    records: { total: row.total, notLinked: row.not_linked, missing: row.missing },
    faults: listFaults(row),
  }
}

function describeState(row: SourceRow): SourceState {
  if (!row.configured) return 'frozen'
  if (row.run_status === null) return 'never-read'
  if (row.run_status === 'running' || row.run_status === 'held') return row.run_status
  if (row.run_status === 'failed' || row.run_status === 'cancelled') return 'failed'
  return row.run_read?.complete === true ? 'proved' : 'incomplete'
}

function listFaults(row: SourceRow): readonly SourceFault[] {
  const faults: SourceFault[] = []
  if (row.run_fault !== null) faults.push({ ...row.run_fault, where: null })
  const why = row.run_read?.why ?? null
  if (why !== null) faults.push({ code: why.code, message: why.message, where: null })
  for (const { code, message, where } of row.run_read?.problems ?? []) faults.push({ code, message, where })
  return faults
}

function viewNotLinked(row: NotLinkedRow): NotLinkedRecord {
  return {
    externalId: row.external_id,
    fault: row.link_fault,
    changedAt: formatTimestamp(row.changed_at),
  }
}
