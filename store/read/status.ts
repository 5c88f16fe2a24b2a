import { beforeAllEvents } from '../../domain/audit-seal.ts'
import type { EnrollmentStatus } from '../../domain/enrollment.ts'
import type { Factor } from '../../domain/factor.ts'
import type { Run } from '../../domain/run.ts'
import type { StoreStatus } from '../../domain/status-view.ts'
import type { Database } from '../database.ts'
import { countBehind, readHead } from '../write/audit-seals.ts'
import { readRuns } from './runs.ts'
import { listSources } from './sources.ts'
import { formatTimestamp } from './timestamp.ts'

/** Reads the state of the whole. It counts tables: for people and dashboards, not for a path that is hot. */
export async function readStatus(database: Database): Promise<StoreStatus> {
  const [sources, lastRuns, counts, rights, enrollments, heldRuns, audit] = await Promise.all([
    listSources(database),
    readNewestRuns(database),
    readCounts(database),
    countBy<Factor>(
      database,
      'select factor as name, count(*)::int as total from rights where effective group by 1',
    ),
    countBy<EnrollmentStatus>(
      database,
      'select status as name, count(*)::int as total from enrollments where status is not null group by 1',
    ),
    database('parked_effects').distinct('run_id').orderBy('run_id').pluck<string[]>('run_id'),
    readSealing(database),
  ])
  return {
    sources,
    lastRuns,
    policySet:
      counts.set_id === null || counts.set_since === null
        ? null
        : { id: counts.set_id, since: formatTimestamp(counts.set_since) },
    identities: { total: counts.identities, active: counts.active },
    rights,
    enrollments,
    due: { total: counts.due, oldest: formatTimestamp(counts.due_oldest) },
    held: { total: counts.held, runs: heldRuns },
    audit,
  }
}

/** Runs shown in the status. */
const newestRuns = 5

interface Counts {
  readonly identities: number
  readonly active: number
  readonly due: number
  readonly due_oldest: Date | null
  readonly held: number
  readonly set_id: string | null
  readonly set_since: Date | null
}

async function readCounts(database: Database): Promise<Counts> {
  const { rows } = await database.raw<{ rows: [Counts] }>(
    `select i.identities, i.active, d.due, d.due_oldest, p.held, f.policy_set as set_id, f.since as set_since
     from (select count(*)::int as identities, count(*) filter (where active)::int as active from identities) i,
       (select count(*)::int as due, min(due_at) as due_oldest from identity_states where due_at is not null) d,
       (select count(*)::int as held from parked_effects) p,
       policy_set_in_force f`,
  )
  return rows[0]
}

async function readSealing(database: Database): Promise<StoreStatus['audit']> {
  const head = await readHead(database)
  const behind = await countBehind(database, head?.lastEvent ?? beforeAllEvents)
  return {
    seal: head?.number ?? null,
    sealedAt: formatTimestamp(head?.sealedAt ?? null),
    unsealed: behind.events,
    unsealedSince: formatTimestamp(behind.oldest),
  }
}

async function readNewestRuns(database: Database): Promise<readonly Run[]> {
  for await (const runs of readRuns(database, { source: null, status: null, limit: newestRuns })) return runs
  return []
}

async function countBy<Name extends string>(
  database: Database,
  sql: string,
): Promise<Partial<Record<Name, number>>> {
  const { rows } = await database.raw<{ rows: { name: Name; total: number }[] }>(sql)
  const counts: Partial<Record<Name, number>> = {}
  for (const { name, total } of rows) counts[name] = total
  return counts
}

/** What the store runs on. */
export interface StoreVersions {
  readonly postgres: string
  /** The newest step of the schema, or null before the first. */
  readonly schema: string | null
}

export async function readVersions(database: Database): Promise<StoreVersions> {
  const { rows } = await database.raw<{ rows: [{ postgres: string }] }>(
    `select split_part(current_setting('server_version'), ' ', 1) as postgres`,
  )
  const [newest] = await database('migrations').orderBy('id', 'desc').limit(1).pluck<string[]>('name')
  return { postgres: rows[0].postgres, schema: newest ?? null }
}
