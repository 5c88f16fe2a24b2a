import { MusterError } from '../../domain/error.ts'

/**
 * Lets `atOnce` pieces of work run at a time and `waiting` more wait for their turn; whoever comes then is refused
 * with `too-many-requests` (retryable). Keeps what is slow from taking every connection of the pool.
 */
export function limitConcurrency(atOnce: number, waiting: number) {
  const queue: (() => void)[] = []
  let running = 0
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= atOnce) {
      if (queue.length >= waiting)
        throw new MusterError('too-many-requests', 'Too many filters are being worked on; try again soon.', {
          retryable: true,
        })
      await new Promise<void>((resolve) => queue.push(resolve))
    } else {
      running += 1
    }
    try {
      return await work()
    } finally {
      // Whoever waits takes the place over, so `running` stays.
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
