import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { MusterError } from '../../domain/error.ts'
import type { TemporalStatus } from '../../domain/status-view.ts'
import type { RunControl } from '../../server/api/api-world.ts'
import { taskQueue } from '../../workflows/messages.ts'
import { readTemporalStatus } from '../temporal-status.ts'
import { startOrJoinRun, startSettling } from './request-run.ts'

/**
 * Milliseconds that a caller of the API waits for a worker to take a run, and for Temporal to describe itself. A task
 * that a worker took with it when it died is given to another after ten seconds.
 */
const runPatience = 20_000
const statusPatience = 3_000

/** What the API asks of the workflows that carry runs. */
export function controlRuns(client: Client, log: Logger): RunControl {
  return {
    start: async (request) => {
      try {
        return await startOrJoinRun(client, request, { patience: runPatience })
      } catch (cause) {
        if (cause instanceof MusterError) throw cause
        throw new MusterError('temporal-unavailable', 'Temporal does not answer.', { cause, retryable: true })
      }
    },
    settle: (runId) => {
      startSettling(client, runId).catch((err: unknown) =>
        log.warn({ err }, 'Temporal does not answer; the sweep finds the run that was approved.'),
      )
    },
  }
}

/** Asks Temporal about itself and our queue; null where it does not answer soon. */
export function describeSoon(client: Client, address: string): () => Promise<TemporalStatus | null> {
  return () =>
    Promise.race([
      readTemporalStatus(client, address, taskQueue).catch(() => null),
      delay(statusPatience, null, { ref: false }),
    ])
}
