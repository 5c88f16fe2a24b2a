import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { MusterError } from '../domain/error.ts'
import { readLockHolder, tryLock } from './lock-file.ts'
import { findPostgresUser } from './postgres-user.ts'
import { writePrivateFile } from './private-file.ts'

/** `run.json`: how other commands find the stack that runs. Operators read it too; its names are fixed. */
export interface RunningStack {
  readonly pid: number
  readonly server: string
  /** With the password; the file is for its owner alone. */
  readonly postgres: string
  readonly temporal: string
  readonly temporalUi: string | null
  readonly outbox: string | null
}

/** The embedded stack's folder, held by this process alone. */
export interface DataDirectory {
  /** Absolute, without links. */
  readonly path: string
  /** Says that the stack is ready, and where. */
  announce(stack: RunningStack): void
  /** Takes the announcement back and lets the folder go. */
  close(): void
}

const LOCK = 'up.lock'
const RUN = 'run.json'

/**
 * Takes the data directory, making it where it is missing: for nobody but us, save that PostgreSQL's user may pass
 * through. Throws MusterError `stack-running`, with the pid, when a living process holds it.
 */
export function openDataDirectory(path: string): DataDirectory {
  const folder = makeDataDirectory(resolve(path))
  const lock = tryLock(join(folder, LOCK))
  if (!lock.held) {
    throw new MusterError(
      'stack-running',
      `The stack is already running on ${folder} (pid ${lock.holder.pid}). Stop it first, or choose another place with --data DIR.`,
    )
  }
  const runFile = join(folder, RUN)
  // Left by a start that was killed.
  rmSync(runFile, { force: true })
  return {
    path: folder,
    announce: (stack) => writePrivateFile(runFile, `${JSON.stringify(stack, null, 2)}\n`),
    close: () => {
      rmSync(runFile, { force: true })
      lock.release()
    },
  }
}

/** The stack that is ready on this data directory; null when none is, or the one that was has died. */
export function findRunningStack(path: string): RunningStack | null {
  try {
    const stack: unknown = JSON.parse(readFileSync(join(path, RUN), 'utf8'))
    const holder = readLockHolder(join(path, LOCK))
    return holder !== null && isRunningStack(stack) && stack.pid === holder.pid ? stack : null
  } catch {
    return null
  }
}

function makeDataDirectory(path: string): string {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true })
    mkdirSync(path, { mode: 0o700 })
    const user = findPostgresUser()
    if (user !== null) {
      chownSync(path, process.getuid?.() ?? 0, user.gid)
      chmodSync(path, 0o710)
    }
  }
  return realpathSync(path)
}

function isRunningStack(value: unknown): value is RunningStack {
  if (typeof value !== 'object' || value === null) return false
  const stack = value as Partial<Record<keyof RunningStack, unknown>>
  return (
    typeof stack.pid === 'number' && typeof stack.server === 'string' && typeof stack.postgres === 'string'
  )
}
