import { Context } from '@temporalio/activity'

export interface Beat {
  /** Fires when the activity is cancelled or its worker shuts down. */
  readonly signal: AbortSignal
  /** Notes how far the work is; the next heartbeat carries it. A count, never an id of a person. */
  readonly at: (count: number) => void
}

/** Milliseconds between heartbeats: cancellation arrives with them. */
const interval = 5000

/**
 * Heartbeats while `work` goes on, also during one long statement or a slow source: whether a source still sends is
 * the reader's own watchdog's to say.
 */
export async function withHeartbeat<Result>(work: (beat: Beat) => Promise<Result>): Promise<Result> {
  const context = Context.current()
  let count = 0
  const timer = setInterval(() => context.heartbeat({ count }), interval)
  try {
    return await work({
      signal: context.cancellationSignal,
      at: (reached) => {
        count = reached
      },
    })
  } finally {
    clearInterval(timer)
  }
}
