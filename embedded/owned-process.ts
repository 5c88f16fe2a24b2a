import { readFileSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { MusterError } from '../domain/error.ts'
import { writePrivateFile } from './private-file.ts'
import {
  identifyProcess,
  isProcessIdentity,
  isRunning,
  type ProcessIdentity,
  readArguments,
} from './process-identity.ts'

/** What an earlier start may have left behind, and how to know it again. */
export interface OrphanSearch {
  /** The file in which `recordOwnedProcess` noted the process. */
  readonly recordFile: string
  /** A path inside the data directory that the process was started with, as one of its arguments. */
  readonly argument: string
  readonly endSignal: 'SIGINT' | 'SIGTERM'
}

const ORPHAN_GRACE_MS = 10_000
const KILL_GRACE_MS = 5_000
const LOOK_EVERY_MS = 25

/** Notes a process that we started, so that the next start can end it if we cannot. */
export function recordOwnedProcess(recordFile: string, identity: ProcessIdentity): void {
  writePrivateFile(recordFile, `${JSON.stringify(identity)}\n`)
}

/** Forgets a process that has ended. */
export function forgetOwnedProcess(recordFile: string): void {
  rmSync(recordFile, { force: true })
}

/**
 * Ends what an earlier start left running, and returns its pid; null when there is nothing that is surely ours.
 * Surely ours means: noted by us, still the same process by its start time, and started with this very data
 * directory (a copied directory brings the note of a process that belongs to the original).
 */
export async function endOrphan(search: OrphanSearch): Promise<number | null> {
  const identity = readRecord(search.recordFile)
  if (identity === null || !isOurs(identity, search.argument)) {
    forgetOwnedProcess(search.recordFile)
    return null
  }
  await endProcess(identity, search.endSignal, ORPHAN_GRACE_MS)
  forgetOwnedProcess(search.recordFile)
  return identity.pid
}

/**
 * Asks a process to end, kills it after `graceMs`, and returns when it is gone.
 * Throws MusterError `internal` when even that does not end it.
 */
export async function endProcess(
  identity: ProcessIdentity,
  signal: 'SIGINT' | 'SIGTERM',
  graceMs: number,
): Promise<void> {
  send(identity, signal)
  if (await waitForEnd(identity, graceMs)) return
  send(identity, 'SIGKILL')
  if (await waitForEnd(identity, KILL_GRACE_MS)) return
  throw new MusterError('internal', `Process ${identity.pid} does not end, even when it is killed.`)
}

/** Waits at most `ms` for a process to be gone, and says whether it is. */
async function waitForEnd(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms
  while (isRunning(identity)) {
    if (performance.now() > deadline) return false
    await delay(LOOK_EVERY_MS)
  }
  return true
}

function isOurs(identity: ProcessIdentity, argument: string): boolean {
  return isRunning(identity) && (readArguments(identity.pid) ?? []).includes(argument)
}

function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (identifyProcess(identity.pid)?.startedAt !== identity.startedAt) return
  try {
    process.kill(identity.pid, signal)
  } catch {
    // It went between the look and the signal.
  }
}

function readRecord(file: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isProcessIdentity(value) ? value : null
  } catch {
    return null
  }
}
