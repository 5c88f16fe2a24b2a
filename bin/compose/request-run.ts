import { setTimeout as delay } from 'node:timers/promises'
import { type Client, isGrpcDeadlineError } from '@temporalio/client'
import { v7 as newId } from 'uuid'
import type { Actor } from '../../domain/actor.ts'
import { MusterError } from '../../domain/error.ts'
import type { Run } from '../../domain/run.ts'
import { getRun } from '../../store/read/runs.ts'
import type { Store } from '../../store/store.ts'
import { progressQuery, type ReconcileRequest, taskQueue, workflowIds } from '../../workflows/messages.ts'

export interface RunRequest {
  readonly source: string
  readonly kind: ReconcileRequest['kind']
  readonly requestedBy: Actor
}

/** Milliseconds that a worker may take to pick a run up. */
const pickUpWithin = 30_000
/** Milliseconds that Temporal may take to hear us: a start that is lost is no harm, and who asked waits. */
const answerWithin = 5_000
const lookEvery = 100
const never = new AbortController().signal

/** Starts a run of a source, or joins the one that goes on; answers its id. See `startOrJoinRun`. */
export async function requestRun(
  client: Client,
  request: RunRequest,
  signal: AbortSignal = never,
): Promise<string> {
  return (await startOrJoinRun(client, request, { signal })).runId
}

/**
 * Starts a run of a source, or joins the one that goes on, and answers as soon as a worker has taken it. The source's
 * name was checked against the configuration by the caller. The signal ends the waiting, not the run. Throws
 * `temporal-unavailable` where Temporal does not answer within five seconds, whether it refuses connections or is
 * silent, and where no worker takes the run within `patience` (milliseconds).
 */
export async function startOrJoinRun(
  client: Client,
  request: RunRequest,
  options: { readonly signal?: AbortSignal; readonly patience?: number },
): Promise<{ readonly runId: string; readonly joined: boolean }> {
  const { signal = never, patience = pickUpWithin } = options
  const runId = newId()
  const workflowId = workflowIds.reconcile(runId)
  const args: [ReconcileRequest] = [{ runId, ...request }]
  const handle = await askTemporal(client, () =>
    client.workflow.start('reconcileSource', { workflowId, taskQueue, args }),
  )
  const deadline = performance.now() + patience
  for (;;) {
    const left = deadline - performance.now()
    // A query waits for a worker; without one it would wait for ever.
    const progress = await Promise.race([
      handle.query(progressQuery).catch(() => null),
      delay(left, null, { ref: false }),
    ])
    if (progress?.runId != null) return { runId: progress.runId, joined: progress.runId !== runId }
    if (performance.now() >= deadline) {
      // Nobody waits for it: a Temporal that is gone since would not answer this either.
      askTemporal(client, () => handle.cancel()).catch(() => undefined)
      throw new MusterError(
        'temporal-unavailable',
        'No worker took the run: none is there, or a run that reads changes still goes on.',
        {
          retryable: true,
        },
      )
    }
    await delay(lookEvery, undefined, { signal })
  }
}

/** The client tries again for as long as it likes, and connects for as long again; a caller does not wait for that. */
async function askTemporal<Answer>(client: Client, ask: () => Promise<Answer>): Promise<Answer> {
  const over = new AbortController()
  const late = delay(answerWithin, undefined, { signal: over.signal }).then(() => {
    throw new MusterError('temporal-unavailable', 'Temporal does not answer.', { retryable: true })
  })
  try {
    return await Promise.race([client.withDeadline(Date.now() + answerWithin, ask), late])
  } catch (cause) {
    if (!isGrpcDeadlineError(cause)) throw cause
    throw new MusterError('temporal-unavailable', 'Temporal does not answer.', { retryable: true, cause })
  } finally {
    over.abort()
    late.catch(() => undefined)
  }
}

/** Waits until the run has ended or is held, calling `onProgress` while it goes on. The signal ends the waiting. */
export async function waitForRun(
  { database }: Store,
  runId: string,
  onProgress: (run: Run) => void = () => undefined,
  signal: AbortSignal = never,
): Promise<Run> {
  for (;;) {
    const run = await getRun(database, runId)
    if (run.status !== 'running') return run
    onProgress(run)
    await delay(lookEvery, undefined, { signal })
  }
}

/** Wakes whoever drains what is due and belongs to no run. */
export async function nudgeDrain(client: Client): Promise<void> {
  await client.workflow.signalWithStart('drainDue', {
    workflowId: workflowIds.drain,
    taskQueue,
    signal: 'nudge',
    signalArgs: [],
  })
}

/** Starts the second half of a run: a roll-out, or a held run that was approved. Already going on is fine. */
export async function startSettling(client: Client, runId: string): Promise<void> {
  await client.workflow.start('settleRun', {
    workflowId: workflowIds.settle(runId),
    taskQueue,
    args: [{ runId }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  })
}
