import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { v7 as newId } from 'uuid'
import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import { createToken } from '../../application/tokens/create-token.ts'
import { openTokens } from '../../bin/compose/token-cache.ts'
import { openLog } from '../../bin/log.ts'
import { startPostgres } from '../../embedded/postgres.ts'
import { buildServer } from '../../server/app.ts'
import { migrate, openDatabase } from '../../store/database.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import { openStore } from '../../store/store.ts'
import { makeFolder } from '../../test/support/embedded-stack.ts'
import { insertPopulation } from './population.ts'

/** The server as `muster server` mounts it, on an embedded PostgreSQL, with two routes beside it to compare with. */
export interface ApiStack {
  readonly url: string
  readonly token: string
  /** Some of the people. */
  readonly ids: readonly string[]
  /** The bare query, without HTTP. */
  bare(id: string): Promise<void>
  close(): Promise<void>
}

const bareQuery = 'select * from identities where id = $1'

export async function startApiStack(people: number): Promise<ApiStack> {
  const folder = makeFolder()
  const postgres = await startPostgres({ dataDir: folder.path, onProgress: (text) => console.error(text) })
  // One connection: what the population is made of is temporary.
  const first = openDatabase({ url: postgres.url, poolSize: 1 })
  await migrate(first)
  const ids = await insertPopulation(first, people)
  await first.destroy()
  const database = openDatabase({ url: postgres.url, poolSize: 10, applicationName: 'muster-bench' })
  const store = openStore(database)
  const tokens = openTokens(store)
  const pool = new pg.Pool({ connectionString: postgres.url, max: 10 })
  const bare = (id: string) => pool.query({ name: 'bare', text: bareQuery, values: [id] })
  const clock = () => new Date()
  const app = buildServer({
    // Every line is made, and none is kept.
    logger: openLog({ level: 'info', component: 'bench', stream: { write: () => undefined } }),
    checks: [],
    metrics: { readFigures: () => readFigures(database), readPool: () => readPoolFigures(database) },
    api: {
      // Reading asks for no more of the challenges' world.
      challenges: { store, clock, clients: new Map() } as unknown as ChallengeWorld,
      authenticate: tokens.authenticate,
      nudge: () => undefined,
      runs: { start: () => Promise.reject(new Error('There is no Temporal.')), settle: () => undefined },
      describeTemporal: async () => null,
      customAttributes: {},
      version: 'bench',
    },
  })
  app.get('/empty', async () => ({}))
  app.get<{ Params: { id: string } }>('/bare/:id', async ({ params }) => (await bare(params.id)).rows[0])
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { token } = await createToken(
    { store, clock, newId: () => newId(), randomBytes },
    { name: 'bench', scopes: ['read'], expiresAt: null, actor: { kind: 'system', id: 'bench' } },
  )
  return {
    url,
    token,
    ids,
    bare: async (id) => {
      await bare(id)
    },
    close: async () => {
      await app.close()
      await tokens.close()
      await pool.end()
      await database.destroy()
      await postgres.stop()
      folder.remove()
    },
  }
}
