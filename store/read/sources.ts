import { MusterError } from '../../domain/error.ts'
import { findNearest } from '../../domain/nearest.ts'
import type { Run, RunStatus } from '../../domain/run.ts'
import type { ReadOutcome } from '../../domain/source-row.ts'
import type {
  ConnectionView,
  NotLinkedRecord,
  RefusalView,
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
  const records = await database('source_records as r')
    .leftJoin('scim_users as u', 'u.id', 'r.id')
    .where('r.source', name)
    .whereNull('r.identity_id')
    .whereNull('r.deleted_at')
    .orderBy('r.external_id')
    .limit(notLinkedLimit)
    .select<NotLinkedRow[]>(
      database.raw('coalesce(u.external_id, r.external_id) as external_id'),
      'r.link_fault',
      'r.changed_at',
    )
  const refusals = await database('scim_refusals')
    .where({ source: name })
    .orderBy('id', 'desc')
    .limit(refusalLimit)
    .select<RefusalRow[]>('at', 'method', 'path', 'status', 'kind', 'detail')
  return {
    ...viewSource(rows[0]),
    notLinked: records.map(viewNotLinked),
    lastRefusals: refusals.map(viewRefusal),
  }
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
const refusalLimit = 100

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
  readonly people: number
  readonly groups: number
  readonly due: number
  readonly last_request_at: Date | null
  readonly requests: string | null
  readonly refused: Readonly<Record<string, number>> | null
}

type RefusalRow = Omit<RefusalView, 'at'> & { readonly at: Date }

interface NotLinkedRow {
  readonly external_id: string
  readonly link_fault: string | null
  readonly changed_at: Date
}

const selectSources = `
  select s.name, s.type, s.configured, s.last_proved_at,
    coalesce(r.total, 0) as total, coalesce(r.not_linked, 0) as not_linked, coalesce(r.missing, 0) as missing,
    run.id as run_id, run.status as run_status, run.read as run_read, run.fault as run_fault,
    c.last_request_at, c.requests, c.refused,
    case when s.type = 'scim' then (select count(*) from scim_users u where u.source = s.name) else 0 end::int as people,
    case when s.type = 'scim' then (select count(*) from scim_groups g where g.source = s.name) else 0 end::int as groups,
    case when s.type = 'scim' then (select count(distinct r.identity_id) from identity_states i
      join source_records r on r.identity_id = i.identity_id
      where i.due_at is not null and r.source = s.name and r.deleted_at is null) else 0 end::int as due
  from sources s
  left join scim_connections c on c.source = s.name
  left join (select source, count(*)::int as total,
               count(*) filter (where identity_id is null)::int as not_linked,
               count(*) filter (where missing_since is not null)::int as missing
             from source_records where deleted_at is null group by source) r on r.source = s.name
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
    connection: row.type === 'scim' ? viewConnection(row) : null,
  }
}

function viewConnection(row: SourceRow): ConnectionView {
  return {
    people: row.people,
    groups: row.groups,
    due: row.due,
    lastRequestAt: formatTimestamp(row.last_request_at),
    requests: Number(row.requests ?? 0),
    refused: row.refused ?? {},
  }
}

function viewRefusal(row: RefusalRow): RefusalView {
  return { ...row, at: formatTimestamp(row.at) }
}

function describeState(row: SourceRow): SourceState {
  if (!row.configured) return 'frozen'
  if (row.type === 'scim') return row.last_request_at === null ? 'never-read' : 'pushed'
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
