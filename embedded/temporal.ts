import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MusterError } from '../domain/error.ts'
import { findFreePort, isPortFree } from './free-port.ts'
import { endOrphan, forgetOwnedProcess, recordOwnedProcess } from './owned-process.ts'
import { writePrivateFile } from './private-file.ts'
import type { StackProcess } from './stack-process.ts'
import type { TemporalCli } from './temporal-cli.ts'
import { askForNamespace } from './temporal-namespace.ts'
import { startWatchedProcess, type WatchedProcess } from './watched-process.ts'

export interface TemporalOptions {
  /** From `findTemporalCli`. */
  readonly cli: TemporalCli
  /** Absolute path of the SQLite file, in a folder of its own inside the data directory that the caller holds. */
  readonly stateFile: string
  /** Namespace that is registered beside `default`. */
  readonly namespace: string
  /** The port on loopback; 0 or none for a free one. */
  readonly port?: number
  /** The port of the web interface, 0 for a free one, or null for no web interface. */
  readonly uiPort: number | null
  /** Called with one line a step that takes long. */
  onProgress(message: string): void
}

/** A Temporal server of ours that answers. */
export interface Temporal extends StackProcess {
  /** `host:port`. */
  readonly address: string
  readonly uiUrl: string | null
}

interface Launch {
  readonly options: TemporalOptions
  readonly logFile: string
  readonly recordFile: string
  readonly markFile: string
}

interface Ports {
  readonly grpc: number
  readonly ui: number | null
}

const STOP_GRACE_MS = 10_000
const READY_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 100
const ATTEMPTS = 3
/** SQLite's words for a file that no later start will read either. */
const UNREADABLE_STATE = /file is not a database|disk image is malformed|no such (table|column)/

/** Without these, 300 activities in a row took 30 s (twenty tasks a second); with them 1.1 s. */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'matching.useNewMatcher=true',
  'system.enableActivityEagerExecution=true',
]

/**
 * Starts a Temporal development server on loopback and returns when it serves the namespace. Ends what an earlier
 * start left on this state file, and nothing else. A state file that another version wrote, that was never finished
 * or that cannot be read is set aside: what must be kept is in PostgreSQL.
 * Throws MusterError `temporal-unavailable` with what to do about it.
 */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const folder = dirname(options.stateFile)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const launch = {
    options,
    logFile: join(folder, 'temporal.log'),
    recordFile: join(folder, 'temporal.process.json'),
    markFile: `${options.stateFile}.version`,
  }
  await endLeftover(launch)
  await assertPortsFree(options)
  setForeignStateAside(launch)
  const { server, ports } = await launchOnPorts(launch)
  writePrivateFile(launch.markFile, options.cli.version)
  return {
    address: `127.0.0.1:${ports.grpc}`,
    uiUrl: ports.ui === null ? null : `http://127.0.0.1:${ports.ui}`,
    pid: server.identity.pid,
    exited: server.exited,
    stop: async () => {
      await server.end(STOP_GRACE_MS)
      forgetOwnedProcess(launch.recordFile)
    },
  }
}

async function endLeftover({ options, recordFile }: Launch): Promise<void> {
  const orphan = await endOrphan({ recordFile, argument: options.stateFile, endSignal: 'SIGTERM' })
  if (orphan !== null) options.onProgress(`Ended the Temporal server of an earlier start (pid ${orphan}).`)
}

async function assertPortsFree({ port, uiPort }: TemporalOptions): Promise<void> {
  for (const wanted of [port ?? 0, uiPort ?? 0]) {
    if (wanted === 0 || (await isPortFree(wanted))) continue
    throw new MusterError(
      'temporal-unavailable',
      `Port ${wanted}, which the configuration gives to Temporal, is in use by another program.`,
    )
  }
}

/**
 * The server makes its tables only in a new file, and never brings older ones up to date. So a file counts only once
 * a server of the same version has served from it.
 */
function setForeignStateAside({ options, markFile }: Launch): void {
  if (!existsSync(options.stateFile)) return
  const writer = existsSync(markFile) ? readFileSync(markFile, 'utf8') : null
  if (writer === options.cli.version) return
  if (writer === null) {
    removeState(options.stateFile)
    return
  }
  options.onProgress(`The Temporal state is of another version (${writer}); starting with a new one.`)
  setStateAside(options.stateFile)
  rmSync(markFile)
}

async function launchOnPorts(launch: Launch): Promise<{ server: WatchedProcess; ports: Ports }> {
  const { options } = launch
  for (let attempt = 1; ; attempt += 1) {
    const ports = {
      grpc: options.port ? options.port : await findFreePort(),
      ui: options.uiPort === 0 ? await findFreePort() : options.uiPort,
    }
    const server = await spawnServer(launch, ports)
    recordOwnedProcess(launch.recordFile, server.identity)
    if (await isServing(server, ports, options.namespace)) return { server, ports }
    if (attempt === ATTEMPTS || !mayGoBetter(launch, server.readOutput())) {
      throw describeFailure(launch, await server.exited)
    }
  }
}

/** Whether another attempt makes sense: a free port was taken meanwhile, or the state file is given up. */
function mayGoBetter({ options, markFile }: Launch, output: string): boolean {
  if (output.includes('address already in use')) return true
  if (!UNREADABLE_STATE.test(output)) return false
  options.onProgress('The Temporal state cannot be read; starting with a new one.')
  setStateAside(options.stateFile)
  rmSync(markFile, { force: true })
  return true
}

function spawnServer({ options, logFile }: Launch, ports: Ports): Promise<WatchedProcess> {
  return startWatchedProcess({
    command: options.cli.path,
    arguments: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.grpc)],
      ...(ports.ui === null ? ['--headless'] : ['--ui-port', String(ports.ui)]),
      ...['--namespace', options.namespace, '--db-filename', options.stateFile],
      ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=OFF'],
      ...['--log-level', 'error'],
      ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
    ],
    logFile,
    endSignal: 'SIGTERM',
    user: null,
    // No setting of the user's own CLI profile reaches this server.
    environment: { HOME: dirname(options.stateFile) },
  })
}

/** Waits until the server answers for the namespace; false when it has ended or does not answer in time. */
async function isServing(server: WatchedProcess, ports: Ports, namespace: string): Promise<boolean> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (!server.hasExited()) {
    if ((await askForNamespace(`127.0.0.1:${ports.grpc}`, namespace)) === 'served') return !server.hasExited()
    if (performance.now() > deadline) {
      await server.end(STOP_GRACE_MS)
      return false
    }
    await delay(LOOK_EVERY_MS)
  }
  return false
}

function removeState(stateFile: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${stateFile}${suffix}`, { force: true })
}

/** Kept once, for whoever wants to look. */
function setStateAside(stateFile: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(`${stateFile}.old${suffix}`, { force: true })
    if (existsSync(`${stateFile}${suffix}`)) renameSync(`${stateFile}${suffix}`, `${stateFile}.old${suffix}`)
  }
}

function describeFailure({ logFile }: Launch, how: string): MusterError {
  return new MusterError(
    'temporal-unavailable',
    `The Temporal server did not start (${how}). Its words are at the end of ${logFile}.`,
  )
}
