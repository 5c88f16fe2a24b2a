import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { MusterError } from '../../domain/error.ts'
import { buildServer } from '../../server/app.ts'
import type { Database } from '../../store/database.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import { listChecks } from './readiness.ts'

export interface WorkerHealthParts {
  readonly port: number
  readonly database: Database
  /** Null while Temporal was not reached. */
  readonly client: () => Client | null
  readonly log: Logger
  /** What this worker counts. */
  readonly registry: Registry
}

/** How a worker is watched: health, readiness and metrics on loopback, where whoever is on the machine may look. */
export interface WorkerHealth {
  readonly url: string
  close(): Promise<void>
}

/** Listens. Throws `port-unavailable`. */
export async function startWorkerHealth(parts: WorkerHealthParts): Promise<WorkerHealth> {
  const { port, database, client, log, registry } = parts
  const app = buildServer({
    logger: log,
    metrics: {
      readFigures: () => readFigures(database),
      readPool: () => readPoolFigures(database),
      registry,
    },
    checks: listChecks(database, client),
  })
  try {
    const url = await app.listen({ host: '127.0.0.1', port })
    return { url, close: () => app.close() }
  } catch (cause) {
    const message = `Port ${port}, which worker.healthPort gives to the health of a worker, cannot be listened on.`
    throw new MusterError('port-unavailable', message, { cause })
  }
}
