import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { v7 as newId } from 'uuid'
import { openKeyRing } from '../../application/key-ring.ts'
import { createToken } from '../../application/tokens/create-token.ts'
import { openScim } from '../../bin/compose/scim-world.ts'
import type { Configuration } from '../../config/configuration.ts'
import { readConfiguration } from '../../config/read-configuration.ts'
import { buildServer } from '../../server/app.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import type { Store } from '../../store/store.ts'

/** `/scim/v2` over real HTTP on a loopback port, for the connections of a configuration. */
export interface ScimHost {
  /** With `/scim/v2`. */
  readonly url: string
  /** A token of a connection. */
  tokenFor(source: string): Promise<string>
  close(): Promise<void>
}

/** The configuration of a text, as a file of this path would hold it. Throws its faults. */
export async function configurationOf(file: string, text: string): Promise<Configuration> {
  const loaded = await readConfiguration({ file, env: {} }, text)
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
  return loaded.configuration
}

export async function startScimHost(
  store: Store,
  configuration: Configuration,
  nudge: () => void = () => undefined,
): Promise<ScimHost> {
  const { database } = store
  const sources = Object.entries(configuration.sources).map(([name, { type }]) => ({ name, type }))
  await store.runs.keepSources(database, sources)
  const keys = openKeyRing({ active: 'k1', keys: new Map([['k1', randomBytes(32)]]) })
  const app = buildServer({
    logger: pino({ level: 'error' }, pino.destination(2)),
    checks: [],
    metrics: { readFigures: () => readFigures(database), readPool: () => readPoolFigures(database) },
    scim: openScim({ configuration, store, keys, nudge }),
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const tokens = { store, clock: () => new Date(), newId: () => newId(), randomBytes }
  return {
    url: `${url}/scim/v2`,
    tokenFor: async (source) => {
      const actor = { kind: 'system', id: 'test' } as const
      const wanted = { name: source, scopes: [`scim:${source}` as const], expiresAt: null, actor }
      return (await createToken(tokens, wanted)).token
    },
    close: () => app.close(),
  }
}
