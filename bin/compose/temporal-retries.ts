import { setTimeout as delay } from 'node:timers/promises'
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'

/** How calls to Temporal are tried again while it is away, and an end to that. */
export interface TemporalRetries {
  /** For `Connection`; in place of the client's own retries. */
  readonly interceptors: ReturnType<typeof makeGrpcRetryInterceptor>[]
  /** Nothing is tried again; settles when the last try that was planned has begun. The channel can be closed then. */
  end(): Promise<void>
}

/** About as long as the client's own ten, with shorter waits: an end waits for one of them. */
const [attempts, longestWait] = [25, 1000] as const

/**
 * A try that begins after its channel was closed throws out of a timer, where nobody can catch it: a process that ends
 * while Temporal is away would die of it. So the end comes after the last of them.
 */
export function openRetries(): TemporalRetries {
  const usual = defaultGrpcRetryOptions({ maxAttempts: attempts })
  let isOver = false
  let lastAt = 0
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !isOver && usual.retryableDecider(attempt, status),
    delayFunction: (attempt, status) => {
      const wait = Math.min(longestWait, usual.delayFunction(attempt, status))
      lastAt = Math.max(lastAt, performance.now() + wait)
      return wait
    },
  })
  return {
    interceptors: [interceptor],
    end: async () => {
      isOver = true
      const left = lastAt - performance.now()
      // A timer may be a millisecond late.
      if (left > 0) await delay(left + 20)
    },
  }
}
