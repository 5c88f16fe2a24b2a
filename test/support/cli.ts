import { Writable } from 'node:stream'
import type { CliContext, ExitCode, Nudge } from '../../bin/context.ts'
import { buildProgram, type RegisterCommand, runProgram } from '../../bin/program.ts'
import { loadConfiguration } from '../../config/load-configuration.ts'
import { MusterError } from '../../domain/error.ts'
import type { Database } from '../../store/database.ts'
import { openStore } from '../../store/store.ts'

export interface CliWorld {
  /** Null: nothing runs here. The pool is the test's own and stays open. */
  readonly database: Database | null
  readonly configurationFile?: string
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Temporal does not answer. */
  readonly asleep?: boolean
  /** Sees standard output grow. */
  readonly onOutput?: (text: string) => void
}

export interface CliResult {
  readonly exitCode: ExitCode
  readonly out: string
  readonly err: string
  /** What the workflows were told. */
  readonly nudges: readonly Nudge[]
}

/** Runs one command line as `muster` would, with its output kept. */
export async function runCli(
  registers: readonly RegisterCommand<CliContext>[],
  world: CliWorld,
  ...words: readonly string[]
): Promise<CliResult> {
  const out = collectText(world.onOutput)
  const err = collectText()
  const nudges: Nudge[] = []
  const context = createContext(world, out.stream, err.stream, nudges)
  const exitCode = await runProgram(buildProgram(context, registers), context, words)
  return { exitCode, out: out.text(), err: err.text(), nudges }
}

function createContext(world: CliWorld, out: Writable, err: Writable, nudges: Nudge[]): CliContext {
  const { database } = world
  const load = () => loadConfiguration({ file: world.configurationFile ?? 'missing.yaml', env: {} })
  return {
    io: { out, err },
    version: '0.0.0-test',
    clock: () => world.now ?? new Date(),
    actor: { kind: 'admin', id: 'tester' },
    signal: world.signal ?? new AbortController().signal,
    globals: { config: null, data: '.muster', json: false },
    exitCode: 0,
    checkConfiguration: load,
    loadConfiguration: async () => {
      const loaded = await load()
      if (!loaded.ok)
        throw new MusterError('configuration', loaded.faults.map(({ message }) => message).join('\n'))
      return loaded.configuration
    },
    openStore: async () => {
      if (database === null) throw new MusterError('stack-not-running', 'Nothing is running here.')
      return { database, store: openStore(database), close: async () => undefined }
    },
    describeTemporal: async () => null,
    nudge: async (nudge) => {
      if (world.asleep === true) throw new MusterError('temporal-unavailable', 'Temporal does not answer.')
      nudges.push(nudge)
    },
  }
}

function collectText(onText: (text: string) => void = () => undefined): {
  readonly stream: Writable
  readonly text: () => string
} {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk)
      done()
      onText(Buffer.concat(chunks).toString('utf8'))
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}
