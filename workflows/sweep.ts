import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { ParentClosePolicy, proxyActivities, startChild } from '@temporalio/workflow'
import type { Activities } from '../activities/activities.ts'
import { drainDue } from './drain-due.ts'
import { workflowIds } from './messages.ts'
import { settleRun } from './settle-run.ts'
import { patient } from './settle-steps.ts'

const { sweepOnce } = proxyActivities<Activities>({ startToCloseTimeout: '5 minutes', retry: patient })

/**
 * Every minute: finds what nobody looks after (reviews and dates that were reached, due marks without a drain, runs
 * whose workflow is gone) and starts who does.
 */
export async function sweep(): Promise<void> {
  const found = await sweepOnce()
  if (found.madeDue > 0) await startOnce(drainDue, workflowIds.drain, [])
  for (const runId of found.unsettled) await startOnce(settleRun, workflowIds.settle(runId), [{ runId }])
}

/** Starts a workflow that outlives the sweep, unless it runs already. */
async function startOnce<Arguments extends unknown[]>(
  workflow: (...args: Arguments) => Promise<unknown>,
  workflowId: string,
  args: Arguments,
): Promise<void> {
  try {
    await startChild(workflow, { workflowId, args, parentClosePolicy: ParentClosePolicy.ABANDON })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
