import type { FastifyInstance } from 'fastify'
import { describeProblem, sendProblem } from './problem.ts'

/** One thing that must work before requests can be answered. */
export interface ReadinessCheck {
  /** `database`, `temporal`, `migrations`: what the answer names. */
  readonly name: string
  /** Resolves to null when it works, or to a sentence that says what does not. May reject: then it does not work. */
  readonly check: () => Promise<string | null>
}

/**
 * `/healthz`: the process is alive. `/readyz`: everything that it needs answers; 503 and which does not, otherwise.
 * A check that does not answer in time counts as failed, so that a probe is never left hanging.
 */
export function mountHealth(app: FastifyInstance, checks: readonly ReadinessCheck[], timeout = 3000): void {
  app.get('/healthz', async () => ({ status: 'alive' }))
  app.get('/readyz', async (request, reply) => {
    const results = await Promise.all(
      checks.map(async ({ name, check }): Promise<[string, string]> => {
        const fault = await withinTime(check, timeout).catch((error: unknown) => {
          // What a driver says may name hosts and users: that is for the log.
          request.log.warn({ err: error, check: name }, 'A readiness check failed.')
          return 'It does not answer.'
        })
        return [name, fault ?? 'ok']
      }),
    )
    const states = Object.fromEntries(results)
    const failed = results.filter(([, state]) => state !== 'ok').map(([name]) => name)
    if (failed.length === 0) return { status: 'ready', checks: states }
    const detail = `Not ready: ${failed.join(', ')}.`
    return sendProblem(reply, describeProblem('not-ready', 503, detail, { checks: states }))
  })
}

async function withinTime<Result>(work: () => Promise<Result>, milliseconds: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer in ${milliseconds} ms.`)), milliseconds)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
