import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { findPostgresUser } from '../../embedded/postgres-user.ts'
import { ensurePackages } from './debian-packages.ts'

/**
 * Debian's PostgreSQL with the programs of an operator. The embedded one brings neither pg_dump nor pg_restore, and
 * those of one version do not dump a server of a newer one.
 */
export interface DebianPostgres {
  /** Of a superuser, to a database. */
  url(database: string): string
  /** Runs `pg_dump`, `pg_restore` and the like to their end; throws what they say when they fail. */
  run(program: string, ...words: readonly string[]): void
  stop(): Promise<void>
}

const everyVersion = '/usr/lib/postgresql'

/** Starts a new cluster on a free loopback port. */
export async function startDebianPostgres(): Promise<DebianPostgres> {
  const bin = findBinaries()
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-debian-'))
  chmodSync(folder, 0o711)
  const data = join(folder, 'data')
  mkdirSync(data)
  const user = findPostgresUser()
  if (user !== null) chownSync(data, user.uid, user.gid)
  const as = { cwd: '/', ...user }
  const words = ['-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  execFileSync(join(bin, 'initdb'), words, { ...as, stdio: 'ignore' })
  const port = await findFreePort()
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off']
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
    ...as,
    stdio: 'ignore',
  })
  const url = (database: string) => `postgres://owner@127.0.0.1:${port}/${database}`
  await waitUntilReady(server, url('postgres'))
  return {
    url,
    run: (program, ...args) => {
      execFileSync(join(bin, program), args, { stdio: ['ignore', 'pipe', 'pipe'] })
    },
    stop: async () => {
      const ended = once(server, 'exit')
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The newest version that is there; installed where there is none. */
function findBinaries(): string {
  const find = () =>
    (existsSync(everyVersion) ? readdirSync(everyVersion) : [])
      .sort((left, right) => Number(right) - Number(left))
      .map((version) => join(everyVersion, version, 'bin'))
      .find((bin) => ['postgres', 'pg_dump', 'pg_restore'].every((one) => existsSync(join(bin, one))))
  const found = find()
  if (found !== undefined) return found
  ensurePackages([join(everyVersion, 'any')], ['postgresql'])
  const installed = find()
  if (installed === undefined) throw new Error(`Debian's package postgresql brought no pg_dump.`)
  return installed
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function waitUntilReady(server: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      return
    } catch (error) {
      if (server.exitCode !== null || performance.now() > deadline) throw error
      await delay(50)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}
