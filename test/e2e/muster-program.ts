import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RunningStack } from '../../embedded/data-directory.ts'
import { identifyProcess, isRunning, type ProcessIdentity } from '../../embedded/process-identity.ts'

/** How one command line ended, as its caller sees it. */
export interface Ended {
  readonly exitCode: number | null
  readonly out: string
  readonly err: string
}

/** A command that is under way. */
export interface Up {
  readonly child: ChildProcess
  /** Settles when the process has ended. */
  readonly ended: Promise<Ended>
  /** What it has said so far, on standard output and on standard error. */
  out(): string
  err(): string
}

/** Where the program runs: without this, nothing of the tester's own configuration or running stacks is seen. */
export interface Place {
  readonly data: string
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
}

const PROGRAM = fileURLToPath(new URL('../../dist/bin/muster.js', import.meta.url))
const LOOK_EVERY_MS = 50

/** A folder that PostgreSQL's user can enter, and its removal. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'muster-test-e2e-'))
  chmodSync(path, 0o711)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Runs one command line of the built program to its end. */
export function muster(place: Place, ...words: readonly string[]): Promise<Ended> {
  return collect(start(place, words)).ended
}

/** Runs a command with `--json` that must end with `exitCode`, and gives its one document. */
export async function musterJson(place: Place, words: readonly string[], exitCode = 0) {
  const ended = await muster(place, ...words, '--json')
  if (ended.exitCode !== exitCode) {
    throw new Error(`muster ${words.join(' ')} ended with ${ended.exitCode}:\n${ended.err}${ended.out}`)
  }
  return JSON.parse(ended.out)
}

export function startUp(place: Place, ...words: readonly string[]): Up {
  return collect(start(place, ['up', ...words]))
}

/** Starts a command that goes on, such as `server` or `worker`. */
export function startProcess(place: Place, ...words: readonly string[]): Up {
  return collect(start(place, words))
}

/** Starts `muster up` and waits until it has announced itself and done its first reconciliation. */
export async function startReady(place: Place, ms = 120_000): Promise<Up & { readonly stack: RunningStack }> {
  const up = startUp(place)
  await waitFor('the stack to be ready', () => hasEnded(up) || isReady(place, up), ms)
  if (hasEnded(up)) throw new Error(`muster up ended: ${(await up.ended).err}`)
  return { ...up, stack: readStack(place) as RunningStack }
}

/** Waits until it has said this on standard error; fails when it ends before. */
export async function waitUntilSaid(up: Up, words: string): Promise<void> {
  await waitFor(JSON.stringify(words), () => hasEnded(up) || up.err().includes(words)).catch(
    (late: unknown) => {
      throw new Error(`${String(late)} It said:\n${up.err().slice(-4000)}`)
    },
  )
  if (!up.err().includes(words)) throw new Error(`muster ended before it said ${words}: ${up.err()}`)
}

/** `run.json` of a data directory, or null. */
export function readStack({ data }: Place): RunningStack | null {
  const file = join(data, 'run.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunningStack) : null
}

/** Sends Ctrl-C, and fails when the end takes longer than the 10 seconds that are promised. */
export async function interrupt({ child, ended }: Up, ms = 10_000): Promise<Ended> {
  child.kill('SIGINT')
  const late = new AbortController()
  const result = await Promise.race([ended, delay(ms, null, { signal: late.signal })])
  late.abort()
  if (result === null) throw new Error(`Still there ${ms} ms after Ctrl-C.`)
  return result
}

/** Ends whatever a failed test left of this program, so that the next test file starts on free ground. */
export async function endForGood(up: Up | undefined): Promise<void> {
  if (up === undefined || hasEnded(up)) return
  up.child.kill('SIGKILL')
  await up.ended
}

/** Every process that works for a data directory: those started with a path in it, and what these started. */
export function processesOf({ data }: Place): readonly ProcessIdentity[] {
  const table = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((found) =>
      found ? [{ pid: Number(found[1]), parent: Number(found[2]), args: found[3] ?? '' }] : [],
    )
  const found = new Set(table.filter(({ args }) => args.includes(data)).map(({ pid }) => pid))
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const { pid, parent } of table) if (found.has(parent)) found.add(pid)
  }
  return [...found].flatMap((pid) => identifyProcess(pid) ?? [])
}

/** Waits until none of these processes is left; fails after `ms`, naming those that are. */
export async function waitUntilGone(processes: readonly ProcessIdentity[], ms = 30_000): Promise<void> {
  const left = () => processes.filter(isRunning).map(({ pid }) => pid)
  await waitFor(`processes to end (${left().join(', ')})`, () => left().length === 0, ms)
}

/** Looks until it is so; fails with a sentence after `ms`. */
export async function waitFor(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  ms = 60_000,
): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited ${ms} ms for ${what}.`)
    await delay(LOOK_EVERY_MS)
  }
}

function hasEnded({ child }: Up): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** The report is printed after the first reconciliation; run.json says whose it is. */
function isReady(place: Place, up: Up): boolean {
  return readStack(place)?.pid === up.child.pid && up.out().includes('Ready after')
}

function start({ data, config, env = {} }: Place, words: readonly string[]): ChildProcess {
  if (!existsSync(PROGRAM)) throw new Error('Nothing is built: npm run build')
  const { MUSTER_CONFIG: _, ...own } = process.env
  const places = ['--data', data, ...(config === undefined ? [] : ['--config', config])]
  return spawn(process.execPath, [PROGRAM, ...words, ...places], {
    // No muster.yaml of a tester's own is near.
    cwd: '/',
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function collect(child: ChildProcess): Up {
  const [out, err] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = []
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
    return () => Buffer.concat(chunks).toString('utf8')
  }) as [() => string, () => string]
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, out: out(), err: err() }))
  return { child, ended, out, err }
}
