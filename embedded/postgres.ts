import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { MusterError } from '../domain/error.ts'
import { findFreePort, isPortFree } from './free-port.ts'
import { endOrphan, forgetOwnedProcess, recordOwnedProcess } from './owned-process.ts'
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { type PostgresCluster, prepareCluster, SUPERUSER } from './postgres-cluster.ts'
import { assertReachable, findPostgresUser, type PostgresUser } from './postgres-user.ts'
import type { StackProcess } from './stack-process.ts'
import { startWatchedProcess, type WatchedProcess } from './watched-process.ts'

export interface PostgresOptions {
  /** Absolute path of the embedded stack's data directory, which the caller holds (`openDataDirectory`). */
  readonly dataDir: string
  /** The port on loopback; 0 or none for a free one. */
  readonly port?: number
  /** Server settings that differ from ours, for tests (`{ fsync: 'off' }`). */
  readonly settings?: Readonly<Record<string, string>>
  /** Called with one line a step that takes long. */
  onProgress(message: string): void
}

export interface Postgres extends StackProcess {
  /** URL of the database `muster`, with the password; a secret. */
  readonly url: string
  readonly port: number
}

interface Launch {
  readonly options: PostgresOptions
  readonly binaries: PostgresBinaries
  readonly cluster: PostgresCluster
  readonly user: PostgresUser | null
  readonly logFile: string
  readonly recordFile: string
}

const DATABASE = 'muster'
const STOP_GRACE_MS = 10_000
const READY_WITHIN_MS = 120_000
const LOOK_EVERY_MS = 20
const RETRY_AFTER_MS = 500
/** A killed server's last backends go when they next look; until then its memory is in use. */
const ATTEMPTS = 20

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // The words of a failed statement quote the rows, which are personal data: they go to the client alone.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

/**
 * Starts PostgreSQL on loopback in the data directory, making it first where there is none, and returns when it
 * answers. Ends what an earlier start left there, and nothing else.
 * Throws MusterError `database-unavailable` or `stack-running` with what to do about it.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const launch = await prepareLaunch(options)
  const { server, port } = await launchOnPort(launch)
  const stop = async () => {
    await server.end(STOP_GRACE_MS)
    forgetOwnedProcess(launch.recordFile)
  }
  const url = `postgres://${SUPERUSER}:${launch.cluster.password}@127.0.0.1:${port}`
  try {
    await createDatabase(`${url}/postgres`)
  } catch (cause) {
    await stop()
    throw new MusterError('database-unavailable', `PostgreSQL runs but refuses us (see ${launch.logFile}).`, {
      cause,
    })
  }
  return { url: `${url}/${DATABASE}`, port, pid: server.identity.pid, exited: server.exited, stop }
}

async function prepareLaunch(options: PostgresOptions): Promise<Launch> {
  const { dataDir, onProgress } = options
  const binaries = findPostgresBinaries()
  const user = findPostgresUser()
  assertReachable(
    user,
    binaries.postgres,
    'Put Muster under a folder that every user can enter, such as /opt.',
  )
  assertReachable(user, dataDir, 'Choose a place that every user can enter with --data DIR.')
  const recordFile = join(dataDir, 'postgres.process.json')
  const logFile = join(dataDir, 'postgres.log')
  const orphan = await endOrphan({ recordFile, argument: join(dataDir, 'postgres'), endSignal: 'SIGINT' })
  if (orphan !== null) onProgress(`Ended the PostgreSQL of an earlier start (pid ${orphan}).`)
  const cluster = await prepareCluster({ dataDir, binaries, user, logFile, onProgress })
  return { options, binaries, user, cluster, logFile, recordFile }
}

async function launchOnPort(launch: Launch): Promise<{ server: WatchedProcess; port: number }> {
  const wanted = launch.options.port ?? 0
  if (wanted !== 0 && !(await isPortFree(wanted))) {
    throw new MusterError(
      'database-unavailable',
      `Port ${wanted}, which the configuration gives to PostgreSQL, is in use by another program.`,
    )
  }
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted === 0 ? await findFreePort() : wanted
    const server = await spawnServer(launch, port)
    recordOwnedProcess(launch.recordFile, server.identity)
    if (await isReady(launch, server)) return { server, port }
    if (attempt === ATTEMPTS || !isPassing(server.readOutput(), wanted))
      throw describeFailure(launch, await server.exited)
    await delay(RETRY_AFTER_MS)
  }
}

function spawnServer(launch: Launch, port: number): Promise<WatchedProcess> {
  const settings = Object.entries({ ...SETTINGS, ...launch.options.settings })
  return startWatchedProcess({
    command: launch.binaries.postgres,
    arguments: [
      ...['-D', launch.cluster.directory, '-p', String(port)],
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    logFile: launch.logFile,
    // Fast shutdown: connections are ended, nothing is lost.
    endSignal: 'SIGINT',
    user: launch.user,
    environment: { LC_ALL: 'C' },
  })
}

/** Waits until the server says so in its pid file; false when it has ended instead. */
async function isReady(launch: Launch, server: WatchedProcess): Promise<boolean> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (!server.hasExited()) {
    const [pid, , , , , , , status] = readPidFile(launch.cluster.directory)
    if (Number(pid) === server.identity.pid && status?.startsWith('ready')) return true
    if (performance.now() > deadline) {
      await server.end(STOP_GRACE_MS)
      return false
    }
    await delay(LOOK_EVERY_MS)
  }
  return false
}

function readPidFile(directory: string): readonly string[] {
  try {
    return readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Whether another attempt may go better: the free port was taken meanwhile, or a killed server's backends linger. */
function isPassing(log: string, wantedPort: number): boolean {
  const portTaken = wantedPort === 0 && /could not (bind|create any TCP)/.test(log)
  return portTaken || log.includes('pre-existing shared memory block')
}

function describeFailure(launch: Launch, how: string): MusterError {
  return new MusterError(
    'database-unavailable',
    `PostgreSQL did not start (${how}). Its words are at the end of ${launch.logFile}.`,
  )
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}
