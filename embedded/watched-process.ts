import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { MusterError } from '../domain/error.ts'
import { endProcess } from './owned-process.ts'
import { identifyProcess, type ProcessIdentity } from './process-identity.ts'

export interface WatchedProcessOptions {
  readonly command: string
  readonly arguments: readonly string[]
  /** Output and errors are appended here. */
  readonly logFile: string
  /** The signal that asks the process to end in good order. */
  readonly endSignal: 'SIGINT' | 'SIGTERM'
  /** Who it runs as; null for whoever runs this. */
  readonly user: { readonly uid: number; readonly gid: number } | null
  readonly environment: Readonly<Record<string, string>>
}

export interface WatchedProcess {
  readonly identity: ProcessIdentity
  /** Settles, never rejects, when the process has ended for whatever reason; says how in words. */
  readonly exited: Promise<string>
  hasExited(): boolean
  /** What it has written to its log since it started. */
  readOutput(): string
  /** Asks it to end, and after `graceMs` ends it. Returns when it is gone; harmless when it already is. */
  end(graceMs: number): Promise<void>
}

/** Seconds between the request to end that follows our own death and the kill that follows it. */
const ORPHAN_GRACE_SECONDS = 10
const LOG_SIZE_KEPT = 10 * 1024 * 1024

/**
 * A second process waits for the end of a pipe whose other end only we hold, so it learns of our death however we
 * die. The program itself takes the place of the shell, so that it is our own child with the pid we know. The
 * watchdog is in its process group: as long as the watchdog lives, no other process can be given that pid. It is
 * forked twice because PostgreSQL minds children that it did not make.
 */
const WATCHDOG = `
signal=$1 grace=$2
shift 2
( (
  exec >/dev/null 2>&1
  read -r _ <&3
  kill -s "$signal" $$ || exit 0
  while [ "$grace" -gt 0 ] && kill -0 $$; do sleep 1; grace=$((grace - 1)); done
  kill -s KILL $$
) & )
exec "$@" 3<&-
`

/**
 * Starts a program in a process group of its own, so that Ctrl-C in the terminal reaches only us and we end things
 * in order. When this process dies, by kill -9 too, the program is ended within seconds.
 * Throws MusterError `internal` when it cannot be started at all.
 */
export async function startWatchedProcess(options: WatchedProcessOptions): Promise<WatchedProcess> {
  const log = openLog(options.logFile)
  const outputStart = fstatSync(log).size
  try {
    const child = spawn('/bin/sh', ['-c', WATCHDOG, 'muster-watchdog', ...shellArguments(options)], {
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...options.environment },
      stdio: ['ignore', log, log, 'pipe'],
      ...(options.user === null ? {} : { uid: options.user.uid, gid: options.user.gid }),
    })
    await once(child, 'spawn')
    return watch(child, options, outputStart)
  } catch (cause) {
    throw new MusterError('internal', `${options.command} could not be started.`, { cause })
  } finally {
    closeSync(log)
  }
}

function shellArguments(options: WatchedProcessOptions): readonly string[] {
  const signal = options.endSignal.replace('SIG', '')
  return [signal, String(ORPHAN_GRACE_SECONDS), options.command, ...options.arguments]
}

function watch(child: ChildProcess, options: WatchedProcessOptions, outputStart: number): WatchedProcess {
  let ended = false
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true
      // The watchdog sees the end of the pipe, finds nobody to end, and goes.
      child.stdio[3]?.destroy()
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`)
    })
  })
  child.stdio[3]?.on('error', () => undefined)
  const pid = child.pid ?? 0
  const identity = identifyProcess(pid) ?? { pid, startedAt: 'ended' }
  const end = async (graceMs: number) => {
    if (!ended) await endProcess(identity, options.endSignal, graceMs)
    await exited
  }
  const readOutput = () => readFileSync(options.logFile).subarray(outputStart).toString('utf8')
  return { identity, exited, hasExited: () => ended, readOutput, end }
}

/** Opens for appending; a log that has grown is kept once under `.1`. */
function openLog(file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_SIZE_KEPT) renameSync(file, `${file}.1`)
  return openSync(file, 'a', 0o600)
}
