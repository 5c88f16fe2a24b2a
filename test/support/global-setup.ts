import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { readLockHolder } from '../../embedded/lock-file.ts'
import { type Postgres, startPostgres } from '../../embedded/postgres.ts'
import { type LaunchedTemporal, launchTemporal } from '../../embedded/temporal-launcher.ts'
import './provided.ts'

interface Services {
  readonly data: DataDirectory
  readonly postgres: Postgres
  readonly temporal: LaunchedTemporal
}

interface Shared {
  users: number
  services: Promise<Services> | null
}

/** Vitest runs this file once a project, in one process: the first starts the services, the last ends them. */
const SHARED = Symbol.for('muster.test-services')
const PREFIX = 'muster-test-'
const ABANDONED_AFTER_MS = 10 * 60_000

/** Starts what the tests of this run share, or joins it, and tells the project where it is. */
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
    await Promise.all([postgres.stop(), temporal.stop()])
    removeData(data)
  }
}

function findShared(): Shared {
  const holder = globalThis as { [SHARED]?: Shared }
  holder[SHARED] ??= { users: 0, services: null }
  return holder[SHARED]
}

async function startServices(): Promise<Services> {
  removeAbandonedData()
  // Outside the checkout, where PostgreSQL's user can enter when the tests run as root.
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  chmodSync(folder, 0o711)
  const data = openDataDirectory(join(folder, 'data'))
  const starting = [startTestPostgres(data.path), startTestTemporal(data.path)] as const
  try {
    const [postgres, temporal] = await Promise.all(starting)
    return { data, postgres, temporal }
  } catch (error) {
    for (const result of await Promise.allSettled<{ stop(): Promise<void> }>(starting)) {
      if (result.status === 'fulfilled') await result.value.stop()
    }
    removeData(data)
    throw error
  }
}

function startTestPostgres(dataDir: string): Promise<Postgres> {
  // The tests kill servers, not machines.
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '200' }
  return startPostgres({ dataDir, settings, onProgress: say })
}

function startTestTemporal(dataDir: string): Promise<LaunchedTemporal> {
  const stateFile = join(dataDir, 'temporal', 'state.sqlite')
  const { env: environment } = process
  return launchTemporal({ environment, stateFile, namespace: 'muster', uiPort: null, onProgress: say })
}

function removeData(data: DataDirectory): void {
  data.close()
  rmSync(join(data.path, '..'), { recursive: true, force: true })
}

/** What a killed run could not remove; its servers ended with it. */
function removeAbandonedData(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age < ABANDONED_AFTER_MS || readLockHolder(join(folder, 'data', 'up.lock')) !== null) continue
    rmSync(folder, { recursive: true, force: true })
  }
}

function say(message: string): void {
  process.stderr.write(`${message}\n`)
}
