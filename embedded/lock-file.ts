import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { MusterError } from '../domain/error.ts'
import { identifyProcess, isProcessIdentity, isRunning, type ProcessIdentity } from './process-identity.ts'

/** The answer to a try: held by us, or by the living process that is named. */
export type LockAttempt =
  | { readonly held: true; release(): void }
  | { readonly held: false; readonly holder: ProcessIdentity }

const ATTEMPTS = 20

/**
 * Tries to take a lock that ends with this process, however it ends: the file names its holder by pid and start time,
 * and a file whose holder is gone is taken over. Throws MusterError `internal` when the folder cannot be written.
 */
export function tryLock(file: string): LockAttempt {
  const own = identifyProcess(process.pid)
  if (own === null) throw new MusterError('internal', 'This process cannot find itself in the process list.')
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (create(file, own)) return { held: true, release: () => releaseLock(file, own) }
    const holder = readLockHolder(file)
    if (holder !== null) return { held: false, holder }
    removeStale(file)
  }
  throw new MusterError('internal', `The lock ${file} can neither be taken nor found taken.`)
}

/** The living process that holds the lock, or null. */
export function readLockHolder(file: string): ProcessIdentity | null {
  const holder = read(file)
  return holder !== null && isRunning(holder) ? holder : null
}

function create(file: string, own: ProcessIdentity): boolean {
  const draft = nameBeside(file)
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600, flag: 'wx' })
  try {
    // Unlike writing in place, this never shows a lock without its holder's name.
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Two who find the same stale lock must not remove each other's new one: what was taken by mistake is put back. */
function removeStale(file: string): void {
  const taken = nameBeside(file)
  try {
    renameSync(file, taken)
    if (readLockHolder(taken) !== null) linkSync(taken, file)
  } catch {
    // Somebody else was quicker; the next attempt sees what is there now.
  } finally {
    rmSync(taken, { force: true })
  }
}

function releaseLock(file: string, own: ProcessIdentity): void {
  const holder = read(file)
  if (holder?.pid === own.pid && holder.startedAt === own.startedAt) rmSync(file, { force: true })
}

function read(file: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isProcessIdentity(value) ? value : null
  } catch {
    return null
  }
}

function nameBeside(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}`
}
