import { v7 as newId } from 'uuid'
import type { Derivation } from '../../application/derivation.ts'
import type { MergeWorld } from '../../application/merge-rows.ts'
import { type StageRequest, stageRead } from '../../application/stage-read.ts'
import type { ReadOutcome, SourceRow } from '../../domain/source-row.ts'
import type { Database } from '../../store/database.ts'
import { openStore } from '../../store/store.ts'
import { readOf } from './rows.ts'

/** How the test's sources make identities: `corp` and `hr` decide activity and correlate by employee number. */
export const derivation: Derivation = {
  precedence: { default: ['hr', 'corp'] },
  deciding: new Set(['corp', 'hr']),
  countries: null,
  correlate: new Map([
    ['corp', ['employeeNumber', 'userName']],
    ['hr', ['employeeNumber', 'userName']],
  ]),
}

export function mergeWorld(database: Database, given: Partial<MergeWorld> = {}): MergeWorld {
  return { store: openStore(database), clock: () => new Date(), newId, derivation, ...given }
}

/** One run that reads these rows: begins it, stages the read, and answers the run's id and the outcome. */
export async function readRows(
  world: MergeWorld,
  source: string,
  rows: readonly SourceRow[],
  end: Partial<ReadOutcome> = {},
  given: Partial<StageRequest> = {},
): Promise<{ runId: string; outcome: ReadOutcome }> {
  const runId = await beginRun(world, source)
  const request = {
    runId,
    source,
    mapping: 'test',
    bringsGroups: false,
    rows: () => readOf(rows, end),
    onStaged: () => undefined,
    ...given,
  }
  return { runId, outcome: await stageRead(world, request) }
}

export async function beginRun({ store, clock }: MergeWorld, source: string): Promise<string> {
  const id = newId()
  await store.runs.keepSources(store.database, [{ name: source, type: 'csv' }])
  const requestedBy = { kind: 'system', id: 'test' } as const
  const run = { id, source, kind: 'full', requestedBy, workflowId: null, policySet: null } as const
  await store.database('runs').where({ source, status: 'running' }).update({ status: 'completed' })
  await store.runs.insertRun(store.database, run, clock())
  return id
}
