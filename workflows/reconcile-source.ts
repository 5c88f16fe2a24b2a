import {
  CancellationScope,
  isCancellation,
  proxyActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import type { Activities } from '../activities/activities.ts'
import { progressQuery, type ReconcileRequest, type RunResult } from './messages.ts'
import { type MutableProgress, patient, settle } from './settle-steps.ts'

const { beginRun, finishRun } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: patient,
})

const { readSource } = proxyActivities<Activities>({
  startToCloseTimeout: '24 hours',
  heartbeatTimeout: '60 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: patient,
})

/** One reconciliation of one source: read → decide what is due → brake → report. */
export async function reconcileSource(request: ReconcileRequest): Promise<RunResult> {
  const progress: MutableProgress = { runId: null, phase: 'starting', entries: 0, decided: 0, effects: 0 }
  setHandler(progressQuery, () => progress)
  const { runId, joined } = await beginRun({
    runId: request.runId ?? uuid4(),
    source: request.source,
    kind: request.kind,
    requestedBy: request.requestedBy,
    workflowId: workflowInfo().workflowId,
  })
  progress.runId = runId
  if (joined) return { runId, joined, status: 'joined' }
  try {
    progress.phase = 'reading'
    progress.entries = (await readSource({ runId, source: request.source })).entries
    if ((await settle(runId, progress)) === 'held') return { runId, joined, status: 'held' }
    return { runId, joined, status: await finishRun({ runId, end: 'settled' }) }
  } catch (error) {
    const end = isCancellation(error) ? 'cancelled' : 'failed'
    await CancellationScope.nonCancellable(() => finishRun({ runId, end }))
    throw error
  } finally {
    progress.phase = 'ended'
  }
}
