import { setMaxListeners } from 'node:events'

/** How a piece of work under a deadline ended. */
export type Timed<T> = { readonly late: false; readonly value: T } | { readonly late: true }

/**
 * Runs work under a deadline in milliseconds and the caller's signal. The work gets a signal that ends with either;
 * once it ends nobody waits for the work any more, and what the work then throws is dropped. What it throws in time
 * is thrown. Not `AbortSignal.any`: on Node 20 that keeps a trace of every send in a long-lived signal.
 */
export async function runTimed<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Timed<T>> {
  if (signal.aborted) return { late: true }
  const controller = new AbortController()
  const { promise: ended, resolve: end } = makeGate()
  const abort = () => {
    end({ late: true })
    controller.abort()
  }
  const timer = setTimeout(abort, milliseconds)
  // As many sends as there are hang on the signal that ends a process; that is no leak.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', abort, { once: true })
  const working = work(controller.signal).then((value) => ({ late: false, value }) as const)
  try {
    return await Promise.race([working, ended])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function makeGate() {
  let resolve: (value: { readonly late: true }) => void = () => undefined
  const promise = new Promise<{ readonly late: true }>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
