import { continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow'
import { nudgeSignal, progressQuery } from './messages.ts'
import { drain, type MutableProgress } from './settle-steps.ts'

/**
 * Drains what is due and belongs to no run, until nothing is. Started by signal-with-start: a signal that comes
 * while it works makes it look again, so nothing that was marked before the signal is missed.
 */
export async function drainDue(): Promise<void> {
  const progress: MutableProgress = { runId: null, phase: 'starting', entries: 0, decided: 0, effects: 0 }
  let nudged = true
  setHandler(progressQuery, () => progress)
  setHandler(nudgeSignal, () => {
    nudged = true
  })
  while (nudged) {
    nudged = false
    await drain(null, progress)
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof drainDue>()
  }
}
