import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { settleRestore } from '../../application/settle-restore.ts'
import type { Configuration } from '../../config/configuration.ts'
import { Secret } from '../../config/secret.ts'
import { Outbox } from '../../connectors/outbox/index.ts'
import { startDirectory } from '../../directory/start-directory.ts'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { startPostgres } from '../../embedded/postgres.ts'
import { launchTemporal } from '../../embedded/temporal-launcher.ts'
import { migrate, openDatabase } from '../../store/database.ts'
import { openStore, type Store } from '../../store/store.ts'
import type { LogLosses } from '../log.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { openDeliveries, startChallenges } from './challenge-world.ts'
import { openKeys } from './key-ring.ts'
import { type Meters, openMeters } from './meters.ts'
import { tryTemporalFor } from './patience.ts'
import { keepSchedules } from './schedules.ts'
import { type RunningServer, startServer } from './server.ts'
import { StartedParts } from './started-parts.ts'
import { connectTemporal, embeddedTarget, embeddedNamespace as namespace, type Temporal } from './temporal.ts'
import { collectTemporalMetrics } from './temporal-metrics.ts'
import { installTemporalRuntime, type RunningWorker, startWorker } from './worker.ts'

export interface EmbeddedStack {
  /** As configured, with the sample directory's address put in. */
  readonly configuration: Configuration
  readonly store: Store
  readonly temporal: Temporal
  readonly server: RunningServer
  /** The page of the messages that were sent. */
  readonly outbox: string
  /** Settles with a sentence when a part ends that was not told to. */
  readonly broken: Promise<string>
  /** Ends everything that was started, in order, within 10 seconds. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  readonly configuration: Configuration
  readonly dataDirectory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  /** What the log refuses, counted. */
  readonly losses: LogLosses
  /** Left out or null: nothing is traced. */
  readonly tracing?: Tracing | null
  readonly onProgress: (message: string) => void
  /** Of this build. */
  readonly version: string
  /** Fires when the operator asks for the end (Ctrl-C, SIGTERM): a start then ends with what it had started. */
  readonly interrupted: AbortSignal
}

/**
 * PostgreSQL, Temporal, worker, server, schedules and the sample directory on loopback, in one data directory. A
 * start that fails half-way, or is interrupted, ends what it had started.
 */
export async function startEmbeddedStack(options: EmbeddedOptions): Promise<EmbeddedStack> {
  const parts = new StartedParts()
  const { tracing = null } = options
  parts.add(() => tracing?.close())
  const meters = openMeters(options)
  const temporalMetrics = collectTemporalMetrics(meters.registry)
  parts.add(() => temporalMetrics.close())
  installTemporalRuntime(options.log, temporalMetrics.buffer)
  try {
    const data = openDataDirectory(options.dataDirectory)
    parts.add(() => data.close())
    return await startParts({ ...options, meters }, data, parts)
  } catch (error) {
    await parts.stop()
    throw error
  }
}

async function startParts(
  options: EmbeddedOptions & { readonly meters: Meters },
  data: DataDirectory,
  parts: StartedParts,
): Promise<EmbeddedStack> {
  const { log, onProgress, interrupted, meters, tracing = null } = options
  const services = await startServices(options, data, parts)
  interrupted.throwIfAborted()
  const database = openDatabase({ url: services.postgres.url, poolSize: 10, applicationName: 'muster-up' })
  parts.add(() => database.destroy())
  await migrate(database)
  interrupted.throwIfAborted()
  const store = meters.watch(openStore(database))
  await settleRestore({ store, clock: now })
  const configuration = await withSampleDirectory(options.configuration, parts)
  const sources = Object.entries(configuration.sources).map(([name, { type }]) => ({ name, type }))
  await store.runs.keepSources(database, sources)
  const temporal = await connectTemporal(embeddedTarget(services.temporal.address), tracing)
  parts.add(() => temporal.close())
  const sending = {
    configuration,
    store,
    log,
    clock: now,
    keys: openKeys(configuration, data.path),
    outbox: new Outbox(now),
    noteDelivery: meters.noteDelivery,
  }
  const deliveries = await openDeliveries(sending)
  parts.add(() => deliveries.close())
  const worker = await startWorker({
    ...{ configuration, store, temporal, log, tracing },
    deliveries: deliveries.world,
  })
  parts.add(() => endWorker(worker))
  interrupted.throwIfAborted()
  await tryTemporalFor(
    schedulesWithin,
    'Temporal does not keep the schedules yet',
    () => keepSchedules(temporal.client, database, configuration.sources),
    { log, interrupted },
  )
  const client = async () => temporal.client
  const challenges = startChallenges({ ...sending, deliveries: deliveries.world, client })
  parts.add(() => challenges.close())
  const server = await startServer({
    configuration,
    store,
    temporal,
    log,
    challenges: challenges.world,
    deliveries: deliveries.world,
    version: options.version,
    outbox: sending.outbox,
    registry: meters.registry,
    tracing,
  })
  parts.add(() => server.close())
  const outbox = new URL('/outbox', server.localUrl).href
  data.announce({
    pid: process.pid,
    server: server.url,
    postgres: services.postgres.url,
    temporal: services.temporal.address,
    temporalUi: services.temporal.uiUrl,
    outbox,
  })
  onProgress(`Ready: server ${server.url}, Temporal ${services.temporal.uiUrl ?? services.temporal.address}.`)
  const broken = Promise.race([
    services.postgres.exited.then((how) => `PostgreSQL ended: ${how}. The next start recovers.`),
    services.temporal.exited.then((how) => `Temporal ended: ${how}. The next start recovers.`),
    worker.stopped.then(
      () => 'The worker ended.',
      (error: unknown) => `The worker failed: ${error instanceof Error ? error.message : 'unknown'}`,
    ),
  ])
  return { configuration, store, temporal, server, outbox, broken, stop: () => parts.stop() }
}

/** Milliseconds that Temporal's own workers, which serve its schedules, may take to come up after a hard end. */
const schedulesWithin = 120_000

const now = () => new Date()

async function startServices(
  { environment, onProgress }: EmbeddedOptions,
  data: DataDirectory,
  parts: StartedParts,
) {
  const temporalFolder = join(data.path, 'temporal')
  mkdirSync(temporalFolder, { recursive: true })
  const starting = [
    startPostgres({ dataDir: data.path, onProgress }),
    launchTemporal({
      environment,
      stateFile: join(temporalFolder, 'state.sqlite'),
      namespace,
      uiPort: 0,
      onProgress,
    }),
  ] as const
  // Both are waited for, so that a failure of one leaves no other behind.
  const [postgres, temporal] = await Promise.allSettled(starting)
  for (const part of [postgres, temporal]) {
    if (part.status === 'fulfilled') parts.add(() => part.value.stop())
  }
  if (postgres.status === 'rejected') throw postgres.reason
  if (temporal.status === 'rejected') throw temporal.reason
  return { postgres: postgres.value, temporal: temporal.value }
}

async function withSampleDirectory(
  configuration: Configuration,
  parts: StartedParts,
): Promise<Configuration> {
  const sample = configuration.sample?.directory
  const source = sample === undefined ? undefined : configuration.sources[sample.source]
  const settings = source?.settings.reveal()
  if (sample === undefined || source === undefined || settings?.type !== 'ldap') return configuration
  const { dn, password } = settings.bind
  const directory = await startDirectory({
    ldif: readFileSync(sample.ldif, 'utf8'),
    bindDn: dn,
    bindPassword: typeof password === 'string' ? password : '',
  })
  parts.add(() => directory.close())
  const served = { ...source, settings: new Secret({ ...settings, urls: [directory.url] }) }
  return { ...configuration, sources: { ...configuration.sources, [sample.source]: served } }
}

async function endWorker(worker: RunningWorker): Promise<void> {
  try {
    worker.shutdown()
  } catch {
    // It has ended by itself already.
  }
  await worker.stopped.catch(() => undefined)
}
