import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { identifyProcess } from '../../embedded/process-identity.ts'

/** What `stack-program.ts` says, a line each. */
export interface ProgramLine {
  readonly progress?: string
  readonly fault?: string
  readonly started?: { readonly pid: number; readonly url: string; readonly address: string }
}

/** A `stack-program.ts` that runs. */
export interface StackProgram {
  readonly child: ChildProcess
  /** The next line that `isWanted`; fails when the program ends before it. */
  next(isWanted: (line: ProgramLine) => boolean): Promise<ProgramLine>
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('./stack-program.ts', import.meta.url))
const LOOK_EVERY_MS = 50

/** A folder for one test, which PostgreSQL's user can enter, and its removal. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'muster-test-embedded-'))
  chmodSync(path, 0o711)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Runs a part of the stack in a process of its own, which can be killed. */
export function startProgram(what: 'postgres' | 'temporal' | 'none', dataDir: string): StackProgram {
  const args = ['--import', 'tsx', PROGRAM, what, dataDir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (isWanted: (line: ProgramLine) => boolean): Promise<ProgramLine> => {
    const { value, done } = await lines.next()
    if (done) throw new Error('The program ended without saying what was waited for.')
    const line = JSON.parse(value) as ProgramLine
    return isWanted(line) ? line : next(isWanted)
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { child, next, kill }
}

/** Waits until no process has this pid; fails after `ms`. */
export async function waitUntilGone(pid: number, ms: number): Promise<void> {
  const deadline = performance.now() + ms
  while (identifyProcess(pid) !== null) {
    if (performance.now() > deadline) throw new Error(`Process ${pid} is still there after ${ms} ms.`)
    await delay(LOOK_EVERY_MS)
  }
}

/** Kills the watchdog of a server, as a machine that is short of memory may. */
export function killWatchdog(serverPid: number): void {
  const pids = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([pid, group, ...args]) =>
        Number(group) === serverPid && pid !== group && args.includes('muster-watchdog'),
    )
    .map(([pid]) => Number(pid))
  if (pids.length !== 1) throw new Error(`Expected one watchdog of ${serverPid}, found ${pids.length}.`)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
}
