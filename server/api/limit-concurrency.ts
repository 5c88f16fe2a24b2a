import { MusterError } from '../../domain/error.ts'

/** How much work there may be. */
export interface ConcurrencyLimits {
  /** Pieces of work at a time. */
  readonly atOnce: number
  /** More that may wait for their turn. */
  readonly waiting: number
  /** Milliseconds that one waits. */
  readonly patience: number
}

/**
 * Lets some pieces of work run at a time and some more wait for their turn; whoever comes then, or has waited too
 * long, is refused with `too-many-requests` (retryable). Keeps what is slow from taking every connection of the pool.
 */
export function limitConcurrency({ atOnce, waiting, patience }: ConcurrencyLimits) {
  const queue = new Set<() => void>()
  let running = 0
  const waitForTurn = () =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        queue.delete(start)
        reject(refusal())
      }, patience)
      const start = () => {
        clearTimeout(late)
        queue.delete(start)
        resolve()
      }
      queue.add(start)
    })
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < atOnce) running += 1
    else if (queue.size < waiting) await waitForTurn()
    else throw refusal()
    try {
      return await work()
    } finally {
      // Whoever waits longest takes the place over, so `running` stays.
      const [next] = queue
      if (next === undefined) running -= 1
      else next()
    }
  }
}

function refusal(): MusterError {
  return new MusterError('too-many-requests', 'Too many filters are being worked on; try again soon.', {
    retryable: true,
  })
}
