import type { Logger } from 'pino'
import type { Configuration } from '../../config/configuration.ts'
import { MusterError } from '../../domain/error.ts'
import { buildServer } from '../../server/app.ts'
import { pendingMigrations } from '../../store/database.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import type { Store } from '../../store/store.ts'
import type { Temporal } from './temporal.ts'

export interface ServerParts {
  readonly configuration: Configuration
  readonly store: Store
  readonly temporal: Temporal
  readonly log: Logger
}

export interface RunningServer {
  readonly url: string
  /** Answers what is under way, then ends. */
  close(): Promise<void>
}

/** Listens where the configuration says. Throws `port-unavailable` where the system does not let it. */
export async function startServer({
  configuration,
  store,
  temporal,
  log,
}: ServerParts): Promise<RunningServer> {
  const { database } = store
  const app = await buildServer({
    logger: log,
    metrics: { readFigures: () => readFigures(database), readPool: () => readPoolFigures(database) },
    checks: [
      { name: 'database', check: () => database.raw('select 1').then(() => null) },
      {
        name: 'migrations',
        check: async () => {
          const pending = await pendingMigrations(database)
          return pending.length === 0 ? null : `Not applied: ${pending.join(', ')}. Run "muster migrate".`
        },
      },
      { name: 'temporal', check: () => temporal.client.workflowService.getSystemInfo({}).then(() => null) },
    ],
  })
  const { host, port, publicUrl } = configuration.server
  const url = await app.listen({ host, port }).catch((cause: unknown) => {
    throw explainListening(cause, host, port)
  })
  return { url: publicUrl ?? url, close: () => app.close() }
}

const listenFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'may not be used by this account',
  EADDRNOTAVAIL: 'is not of this machine: see server.host',
}

function explainListening(cause: unknown, host: string, port: number): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = listenFaults[code]
  if (why === undefined) return cause
  const message = `${host}:${port}, which the configuration gives to the server, ${why}.`
  return new MusterError('port-unavailable', message, { cause })
}
