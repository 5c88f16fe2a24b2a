import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { MusterError } from '../domain/error.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import type { PostgresUser } from './postgres-user.ts'
import { readArguments } from './process-identity.ts'
import { startWatchedProcess } from './watched-process.ts'

/** A finished PostgreSQL data directory of ours. */
export interface PostgresCluster {
  readonly directory: string
  /** Password of the superuser `muster`. */
  readonly password: string
}

export interface ClusterOptions {
  /** The data directory of the embedded stack; the cluster is a folder in it. */
  readonly dataDir: string
  readonly binaries: PostgresBinaries
  readonly user: PostgresUser | null
  readonly logFile: string
  onProgress(message: string): void
}

/** Superuser of the embedded PostgreSQL. */
export const SUPERUSER = 'muster'

const NAME = 'postgres'
/** Written last, so that a directory which holds it is whole. */
const PASSWORD_FILE = 'muster-password'
const DRAFT_PREFIX = 'postgres.unfinished-'
const PID_FILE = 'postmaster.pid'

/**
 * Gives the cluster in the data directory, and makes it where there is none. It is made under another name and takes
 * its own when it is whole, so a start that was killed half-way leaves only a draft, which the next one clears away.
 * Throws MusterError `database-unavailable` when there is something that we did not make, or `initdb` fails.
 */
export async function prepareCluster(options: ClusterOptions): Promise<PostgresCluster> {
  const directory = join(options.dataDir, NAME)
  removeDrafts(options.dataDir)
  removeEmpty(directory)
  if (!existsSync(directory)) await makeCluster(options, directory)
  const cluster = { directory, password: readPassword(directory) }
  removeStalePidFile(directory)
  return cluster
}

async function makeCluster(options: ClusterOptions, directory: string): Promise<void> {
  options.onProgress('Making a PostgreSQL database …')
  const draft = join(options.dataDir, `${DRAFT_PREFIX}${randomBytes(6).toString('hex')}`)
  const password = randomBytes(24).toString('base64url')
  const passwordFile = `${draft}.password`
  mkdirSync(draft, { mode: 0o700 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (options.user !== null) {
    for (const path of [draft, passwordFile]) chownSync(path, options.user.uid, options.user.gid)
  }
  await runInitdb(options, draft, passwordFile)
  renameSync(passwordFile, join(draft, PASSWORD_FILE))
  renameSync(draft, directory)
  syncFolder(options.dataDir)
}

async function runInitdb(options: ClusterOptions, draft: string, passwordFile: string): Promise<void> {
  const initdb = await startWatchedProcess({
    command: options.binaries.initdb,
    arguments: [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order and case on every machine, whatever locales it has.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    logFile: options.logFile,
    endSignal: 'SIGTERM',
    user: options.user,
    environment: { LC_ALL: 'C' },
  })
  const how = await initdb.exited
  if (how === 'exit code 0') return
  throw new MusterError(
    'database-unavailable',
    `PostgreSQL's initdb ended with ${how}. Its words are at the end of ${options.logFile}.`,
  )
}

/** What a killed start left. Drafts bear our prefix and never held a database that was in use. */
function removeDrafts(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith(DRAFT_PREFIX)) rmSync(join(dataDir, name), { recursive: true, force: true })
  }
}

function removeEmpty(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory)
}

function readPassword(directory: string): string {
  const file = join(directory, PASSWORD_FILE)
  if (existsSync(join(directory, 'PG_VERSION')) && existsSync(file)) return readFileSync(file, 'utf8').trim()
  throw new MusterError(
    'database-unavailable',
    `${directory} is not a database that Muster made (PG_VERSION or ${PASSWORD_FILE} is missing), so it is left alone. Move it away, or choose another place with --data DIR.`,
  )
}

/**
 * PostgreSQL refuses to start while its pid file names a living process, even one that was given the pid of a dead
 * server. The file is removed only when that process is surely no server of this directory.
 */
function removeStalePidFile(directory: string): void {
  const file = join(directory, PID_FILE)
  if (!existsSync(file)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  const serverArguments = Number.isInteger(pid) && pid > 0 ? readArguments(pid) : null
  if (serverArguments?.includes(directory)) {
    throw new MusterError(
      'stack-running',
      `A PostgreSQL that Muster did not start (pid ${pid}) is running on ${directory}. End it, or choose another place with --data DIR.`,
    )
  }
  rmSync(file)
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
