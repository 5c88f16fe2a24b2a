import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../domain/clock.ts'
import { MusterError } from '../domain/error.ts'
import type { Store } from '../store/store.ts'
import type { NewRun } from '../store/write/runs.ts'

/** Milliseconds that a step waits for the end of another run, and between two looks; then it is tried again. */
const [patience, lookEvery] = [40_000, 500] as const

/**
 * Starts a run, or joins the one of its source that goes on. Whoever wants everything read is not served by a run
 * that reads changes, and waits for its end: a schedule for everything and one for changes begin at the same moment
 * once a day. Throws `source-unreadable` (retryable) where that takes long.
 */
export async function beginRunOf(
  { runs, database }: Store,
  run: NewRun,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly runId: string; readonly joined: boolean }> {
  const deadline = performance.now() + patience
  for (;;) {
    const { id: runId, joined } = await runs.insertRun(database, run, clock())
    if (!joined || run.kind !== 'full') return { runId, joined }
    if ((await runs.readRun(database, runId))?.kind !== 'changes') return { runId, joined }
    if (performance.now() >= deadline) {
      const message = 'A run reads the changes of this source; everything is read once it has ended.'
      throw new MusterError('source-unreadable', message, { retryable: true })
    }
    await delay(lookEvery, undefined, { signal })
  }
}
