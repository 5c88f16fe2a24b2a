import { proxyActivities, setHandler } from '@temporalio/workflow'
import type { Activities } from '../activities/activities.ts'
import { progressQuery, type RunResult, type SettleRequest } from './messages.ts'
import { type MutableProgress, patient, settle } from './settle-steps.ts'

const { finishRun } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute', retry: patient })

/**
 * The second half of a run: the roll-out of a policy set, a held run after its approval, or a run whose workflow
 * died. What was decided is in PostgreSQL, so it may be started by anybody at any time.
 */
export async function settleRun({ runId }: SettleRequest): Promise<RunResult> {
  const progress: MutableProgress = { runId, phase: 'starting', entries: 0, decided: 0, effects: 0 }
  setHandler(progressQuery, () => progress)
  const held = (await settle(runId, progress)) === 'held'
  progress.phase = 'ended'
  if (held) return { runId, joined: false, status: 'held' }
  return { runId, joined: false, status: await finishRun({ runId, end: 'settled' }) }
}
