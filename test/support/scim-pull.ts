import type { PullSource } from '../../connectors/connector.ts'
import { openScimPull, scimPullConfig } from '../../connectors/scim/index.ts'
import { readAll } from './read-all.ts'
import {
  makeUser,
  type ScimResource,
  type ScimServer,
  type ScimServerHabits,
  scimToken,
  startScimServer,
} from './scim-server.ts'

/** Extra keys of the configuration, merged over the usual ones of the tests. */
export type PullChanges = Readonly<Record<string, unknown>>

/** A source of type `scim-pull` for a server of test/support/scim-server.ts. */
export function openPull(url: string, changes: PullChanges = {}): PullSource {
  const config = scimPullConfig.parse({
    type: 'scim-pull',
    url,
    auth: { bearer: scimToken },
    country: { default: 'DE' },
    ...changes,
  })
  return openScimPull(config, { customAttributes: {}, folder: '/', clock: () => new Date() })
}

/** Servers of one test; `close` ends them. */
export class ScimServers {
  readonly #running: ScimServer[] = []

  async start(habits: ScimServerHabits = {}): Promise<ScimServer> {
    const server = await startScimServer(habits)
    this.#running.push(server)
    return server
  }

  /** What becomes of reading a server with these habits. */
  async read(habits: ScimServerHabits, changes: PullChanges = {}) {
    const server = await this.start(habits)
    return { server, ...(await readAll(openPull(server.url, changes))) }
  }

  async close(): Promise<void> {
    for (const server of this.#running.splice(0)) await server.close()
  }
}

export function makeCrowd(size: number): readonly ScimResource[] {
  return Array.from({ length: size }, (_, index) => makeUser(`p${String(index).padStart(5, '0')}`))
}

/** Whether a request asks for users. */
export function asksForUsers({ path }: { readonly path: string }): boolean {
  return /^\/scim\/v2\/Users(\/\.search)?(\?|$)/.test(path)
}
