import {
  type Client,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client'
import type { Configuration } from '../../config/configuration.ts'
import type { Database } from '../../store/database.ts'
import { type ReconcileRequest, taskQueue } from '../../workflows/messages.ts'

const sourcePrefix = 'muster:source:'
const sweepId = 'muster:sweep'

/**
 * Makes Temporal's schedules equal to the configuration: one for each interval of a source, and the sweep. Only
 * ids of ours are touched, an operator's pause stays, and an advisory lock keeps two starting processes apart.
 */
export async function keepSchedules(
  client: Client,
  database: Database,
  sources: Configuration['sources'],
): Promise<void> {
  await database.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(7238216003)')
    const wanted = [
      sweepSchedule(),
      ...Object.entries(sources).flatMap(([name, source]) => sourceSchedule(name, source)),
    ]
    for (const schedule of wanted) await putSchedule(client, schedule)
    const kept = new Set(wanted.map(({ scheduleId }) => scheduleId))
    for await (const { scheduleId } of client.schedule.list()) {
      if (scheduleId.startsWith(sourcePrefix) && !kept.has(scheduleId))
        await client.schedule.getHandle(scheduleId).delete()
    }
  })
}

function sweepSchedule(): ScheduleOptions {
  return {
    scheduleId: sweepId,
    spec: { intervals: [{ every: '1 minute' }] },
    action: { type: 'startWorkflow', workflowType: 'sweep', taskQueue, workflowId: 'sweep', args: [] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
  }
}

function sourceSchedule(name: string, { schedule }: Configuration['sources'][string]): ScheduleOptions[] {
  const { full, changes } = schedule
  return [
    ...(full === null ? [] : [runSchedule(name, 'full', full)]),
    ...(changes === null ? [] : [runSchedule(name, 'changes', changes)]),
  ]
}

function runSchedule(name: string, kind: ReconcileRequest['kind'], every: number): ScheduleOptions {
  // The name that schedules had before there were changes is the one of everything.
  const suffix = kind === 'full' ? '' : `:${kind}`
  const request = { runId: null, source: name, kind, requestedBy: { kind: 'system', id: 'schedule' } }
  return {
    scheduleId: `${sourcePrefix}${name}${suffix}`,
    spec: { intervals: [{ every }], jitter: Math.min(60_000, Math.floor(every / 10)) },
    action: {
      type: 'startWorkflow',
      workflowType: 'reconcileSource',
      taskQueue,
      workflowId: `reconcile:${name}${suffix}`,
      args: [request],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '10 minutes' },
  }
}

async function putSchedule(client: Client, schedule: ScheduleOptions): Promise<void> {
  const handle = client.schedule.getHandle(schedule.scheduleId)
  try {
    await handle.update((previous) => ({ ...schedule, state: previous.state }) as never)
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
    await client.schedule.create(schedule)
  }
}
