import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { type Postgres, startPostgres } from '../../embedded/postgres.ts'
import { startTemporal, type Temporal } from '../../embedded/temporal.ts'
import { findTemporalCli } from '../../embedded/temporal-cli.ts'
import './provided.ts'

interface Services {
  readonly data: DataDirectory
  readonly postgres: Postgres
  readonly temporal: { readonly address: string; stop(): Promise<void> }
}

interface Shared {
  users: number
  services: Promise<Services> | null
}

/** Vitest runs this file once a project, in one process: the first starts the services, the last ends them. */
const SHARED = Symbol.for('muster.test-services')

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = findShared()
  shared.users += 1
  shared.services ??= startServices()
  const { data, postgres, temporal } = await shared.services
  project.provide('postgresUrl', postgres.url)
  project.provide('temporalAddress', temporal.address)
  project.provide('runDirectory', data.path)
  return async () => {
    shared.users -= 1
    if (shared.users > 0 || shared.services === null) return
    shared.services = null
    await stopServices({ data, postgres, temporal })
  }
}

function findShared(): Shared {
  const holder = globalThis as { [SHARED]?: Shared }
  holder[SHARED] ??= { users: 0, services: null }
  return holder[SHARED]
}

async function startServices(): Promise<Services> {
  // Outside the checkout, where PostgreSQL's user can enter when the tests run as root.
  const parent = mkdtempSync(join(tmpdir(), 'muster-test-'))
  rmSync(parent, { recursive: true })
  const data = openDataDirectory(parent)
  const [postgres, temporal] = await Promise.all([
    startPostgres({
      dataDir: data.path,
      // The tests kill servers, not machines.
      settings: { fsync: 'off', full_page_writes: 'off', max_connections: '200' },
      onProgress: say,
    }),
    findTemporal(data.path),
  ])
  return { data, postgres, temporal }
}

async function findTemporal(dataDir: string): Promise<Pick<Temporal, 'address' | 'stop'>> {
  const { TEMPORAL_ADDRESS, TEMPORAL_CLI_PATH, PATH, XDG_CACHE_HOME } = process.env
  if (TEMPORAL_ADDRESS) return { address: TEMPORAL_ADDRESS, stop: async () => undefined }
  const cli = await findTemporalCli({
    cliPath: TEMPORAL_CLI_PATH,
    searchPath: PATH,
    cacheHome: XDG_CACHE_HOME,
    onProgress: say,
  })
  const stateFile = join(dataDir, 'temporal', 'state.sqlite')
  return startTemporal({ cli, stateFile, namespace: 'muster', uiPort: null, onProgress: say })
}

async function stopServices({ data, postgres, temporal }: Services): Promise<void> {
  await Promise.all([postgres.stop(), temporal.stop()])
  data.close()
  rmSync(data.path, { recursive: true, force: true })
}

function say(message: string): void {
  process.stderr.write(`${message}\n`)
}
