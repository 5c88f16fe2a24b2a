import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import type { Client } from '@temporalio/client'
import type { Configuration } from '../config/configuration.ts'
import { loadConfiguration } from '../config/load-configuration.ts'
import type { LoadedConfiguration } from '../config/read-configuration.ts'
import { MusterError } from '../domain/error.ts'
import { findRunningStack, type RunningStack } from '../embedded/data-directory.ts'
import { openDatabase } from '../store/database.ts'
import { openStore } from '../store/store.ts'
import { taskQueue } from '../workflows/messages.ts'
import { openProductionDatabase } from './compose/production-database.ts'
import type { CliContext, GlobalOptions, Nudge, OpenedStore } from './context.ts'
import { describeFaults } from './output/describe-faults.ts'
import { findProjectFile } from './project-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A context that the composition root adds to what commands see: Temporal, opened on demand. */
export interface RootContext extends CliContext {
  readonly environment: Environment
  /** Runs `work` with a client of the stack's Temporal, and closes it. Throws `temporal-unavailable`. */
  withTemporal<Result>(work: (client: Client, address: string) => Promise<Result>): Promise<Result>
}

/** Milliseconds that Temporal may take to answer a command. */
const temporalPatience = 5000

export function createContext(environment: Environment, listen: () => AbortSignal): RootContext {
  const globals: GlobalOptions = { config: null, data: '.muster', json: false }
  let signal: AbortSignal | null = null
  const context: RootContext = {
    environment,
    io: { out: process.stdout, err: process.stderr },
    clock: () => new Date(),
    actor: { kind: 'admin', id: loginName() },
    get signal() {
      signal ??= listen()
      return signal
    },
    globals,
    exitCode: 0,
    version: readVersion(),
    checkConfiguration: () => readChosen(environment, context.globals),
    loadConfiguration: () => loadOrThrow(environment, context.globals),
    openStore: () => openChosenStore(environment, context.globals),
    withTemporal: (work) => withTemporal(environment, context.globals, work),
    describeTemporal: async () => {
      const { readTemporalStatus } = await import('./temporal-status.ts')
      try {
        return await context.withTemporal((client, address) => readTemporalStatus(client, address, taskQueue))
      } catch {
        return null
      }
    },
    nudge: (nudge) => context.withTemporal((client) => tellWorkflows(client, nudge)),
  }
  return context
}

async function tellWorkflows(client: Client, nudge: Nudge): Promise<void> {
  const { nudgeDrain, startSettling } = await import('./compose/request-run.ts')
  if (nudge.what === 'drain') await nudgeDrain(client)
  else await startSettling(client, nudge.runId)
}

/** `--config`, then MUSTER_CONFIG, then ./muster.yaml, then the sample organization's. */
function configurationFile(environment: Environment, { config }: GlobalOptions): string {
  const named = config ?? environment['MUSTER_CONFIG']
  if (named !== undefined) return resolve(named)
  if (existsSync('muster.yaml')) return resolve('muster.yaml')
  return findProjectFile('samples/muster.yaml') ?? resolve('muster.yaml')
}

function readChosen(environment: Environment, globals: GlobalOptions): Promise<LoadedConfiguration> {
  return loadConfiguration({
    file: configurationFile(environment, globals),
    env: environment,
    readSecretFiles: true,
  })
}

async function loadOrThrow(environment: Environment, globals: GlobalOptions): Promise<Configuration> {
  const loaded = await readChosen(environment, globals)
  if (loaded.ok) return loaded.configuration
  throw new MusterError('configuration', describeFaults(loaded.faults))
}

const notRunning =
  'Nothing is running here. Start the stack with "npx muster up" (in another terminal), or name a production configuration with --config.'

/** Which installation a command means: the production one of a configuration that was named, else the running stack. */
type Installation = { readonly stack: RunningStack } | { readonly production: Configuration }

async function findInstallation(environment: Environment, globals: GlobalOptions): Promise<Installation> {
  const isNamed = (globals.config ?? environment['MUSTER_CONFIG']) !== undefined
  const stack = findRunningStack(globals.data)
  if (stack !== null && !isNamed) return { stack }
  const production = await productionOf(environment, globals)
  if (production !== null) return { production }
  if (stack !== null) return { stack }
  throw new MusterError('stack-not-running', notRunning)
}

async function openChosenStore(environment: Environment, globals: GlobalOptions): Promise<OpenedStore> {
  const found = await findInstallation(environment, globals)
  const options = { poolSize: 4, applicationName: 'muster-cli' }
  const database =
    'stack' in found
      ? openDatabase({ url: found.stack.postgres, ...options })
      : openProductionDatabase(found.production, options)
  return { database, store: openStore(database), close: () => database.destroy() }
}

async function withTemporal<Result>(
  environment: Environment,
  globals: GlobalOptions,
  work: (client: Client, address: string) => Promise<Result>,
): Promise<Result> {
  const found = await findInstallation(environment, globals)
  const { connectClient, embeddedTarget, temporalOf } = await import('./compose/temporal.ts')
  const target = 'stack' in found ? embeddedTarget(found.stack.temporal) : temporalOf(found.production)
  const temporal = await connectClient(target, temporalPatience)
  try {
    return await work(temporal.client, target.address)
  } finally {
    await temporal.close()
  }
}

/** Null where the chosen configuration is not of the production mode. Throws `configuration` where it is, and is faulty. */
async function productionOf(environment: Environment, globals: GlobalOptions): Promise<Configuration | null> {
  const loaded = await readChosen(environment, globals)
  if (loaded.ok) return loaded.configuration.mode === 'production' ? loaded.configuration : null
  // A stack that happens to run here is never meant by a command with a production configuration.
  if (!saysProduction(configurationFile(environment, globals))) return null
  throw new MusterError('configuration', describeFaults(loaded.faults))
}

function saysProduction(file: string): boolean {
  try {
    return /^mode:\s*["']?production\b/m.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}

function readVersion(): string {
  const file = findProjectFile('package.json')
  const { version } = JSON.parse(file === null ? '{}' : readFileSync(file, 'utf8')) as { version?: string }
  return version ?? 'unknown'
}

function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
