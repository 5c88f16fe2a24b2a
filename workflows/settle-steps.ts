import { log, proxyActivities } from '@temporalio/workflow'
import type { Activities, DrainSummary } from '../activities/activities.ts'
import type { RunProgress } from './messages.ts'

/** Unlimited attempts: PostgreSQL or a worker that is away comes back, and the run goes on. */
export const patient = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '30 seconds',
} as const

const { weighRun } = proxyActivities<Activities>({ startToCloseTimeout: '5 minutes', retry: patient })

const { drainSome, releaseSome } = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '60 seconds',
  retry: patient,
})

/** Progress as the steps write it and the query answers it. */
export type MutableProgress = { -readonly [Key in keyof RunProgress]: RunProgress[Key] }

/** Decides what the run made due, weighs what would be taken away, and releases it or leaves it held. */
export async function settle(runId: string, progress: MutableProgress): Promise<'released' | 'held'> {
  for (;;) {
    await drain(runId, progress)
    if ((await weighRun({ runId })) === 'hold') return 'held'
    progress.phase = 'releasing'
    if ((await release(runId, progress)) === 0) return 'released'
    log.info('identities changed while their plan was parked; deciding them again', { runId })
  }
}

/** Drains until a whole pass finds nothing. Answers how many were decided. */
export async function drain(runId: string | null, progress: MutableProgress): Promise<number> {
  progress.phase = 'deciding'
  let decidedInAll = 0
  for (;;) {
    let decidedInPass = 0
    let cursor: string | null = null
    do {
      const step: DrainSummary = await drainSome({ runId, cursor })
      cursor = step.cursor
      decidedInPass += step.decided
      progress.decided += step.decided
      progress.effects += step.effects
    } while (cursor !== null)
    decidedInAll += decidedInPass
    if (decidedInPass === 0) return decidedInAll
  }
}

/** Releases what is parked. Answers how many identities must be decided again. */
async function release(runId: string, progress: MutableProgress): Promise<number> {
  let again = 0
  for (;;) {
    const step = await releaseSome({ runId })
    if (step.released + step.again === 0) return again
    progress.effects += step.released
    again += step.again
  }
}
