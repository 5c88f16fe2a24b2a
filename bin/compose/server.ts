import type { Logger } from 'pino'
import type { Configuration } from '../../config/configuration.ts'
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

/** Listens where the configuration says. */
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
  const url = await app.listen({ host, port })
  return { url: publicUrl ?? url, close: () => app.close() }
}
