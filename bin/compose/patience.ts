import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { MusterError } from '../../domain/error.ts'

export interface Patience {
  readonly log: Logger
  /** Ends the waiting: the operator asked for the end. */
  readonly interrupted: AbortSignal
}

/** Milliseconds before the second try and at most between two later ones. */
const [shortest, longest] = [500, 15_000] as const

/**
 * Tries until it succeeds, less and less often, with a line of the log for each failure. `what` begins that line, as
 * in "PostgreSQL does not answer yet". Rejects only when it is interrupted.
 */
export async function tryPatiently<Result>(
  what: string,
  attempt: () => Promise<Result>,
  { log, interrupted }: Patience,
): Promise<Result> {
  for (let [count, wait] = [1, shortest as number]; ; count += 1) {
    interrupted.throwIfAborted()
    try {
      return await orInterrupted(attempt(), interrupted)
    } catch (err) {
      interrupted.throwIfAborted()
      log.warn({ err, attempt: count, ms: wait }, `${what}; it is tried again.`)
    }
    await delay(wait, undefined, { signal: interrupted })
    wait = Math.min(longest, wait * 2)
  }
}

/** The same with an end: throws `temporal-unavailable` (retryable) after so many milliseconds. */
export async function tryTemporalFor<Result>(
  ms: number,
  what: string,
  attempt: () => Promise<Result>,
  { log, interrupted }: Patience,
): Promise<Result> {
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(new MusterError('temporal-unavailable', `${what}.`, { retryable: true })),
    ms,
  )
  try {
    return await tryPatiently(what, attempt, {
      log,
      interrupted: AbortSignal.any([interrupted, late.signal]),
    })
  } catch (error) {
    // A wait that is cut short says only that it was.
    throw late.signal.aborted ? late.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

/** An attempt may hang for long; the end does not wait for it. */
async function orInterrupted<Result>(work: Promise<Result>, interrupted: AbortSignal): Promise<Result> {
  const over = new AbortController()
  const interruption = once(interrupted, 'abort', { signal: over.signal }).then(() => {
    throw interrupted.reason
  })
  interruption.catch(() => undefined)
  try {
    return await Promise.race([work, interruption])
  } finally {
    over.abort()
  }
}
