import { once } from 'node:events'
import { Outbox } from '../../connectors/outbox/index.ts'
import { openStore } from '../../store/store.ts'
import { openDeliveries, startChallenges } from './challenge-world.ts'
import { followDatabaseClock } from './database-clock.ts'
import { openKeys } from './key-ring.ts'
import { openMeters } from './meters.ts'
import { tryPatiently } from './patience.ts'
import { openProductionDatabase } from './production-database.ts'
import { endParts, listenForHangup, type ProcessEnd, type ProcessOptions } from './production-process.ts'
import { settleCopy, waitForSchema } from './readiness.ts'
import { startServer } from './server.ts'
import { StartedParts } from './started-parts.ts'
import { openTemporalClient, renewApiKey, temporalOf } from './temporal.ts'

/**
 * The whole of `muster server`. It listens at once, so that /readyz says what is missing, and answers everything else
 * when PostgreSQL was reached and its schema is of this build. Temporal may come and go.
 */
export async function runServer(options: ProcessOptions): Promise<ProcessEnd> {
  const { configuration, log, interrupted } = options
  const parts = new StartedParts()
  const { graceTime } = configuration.server
  try {
    await startAll(options, parts)
    if (!interrupted.aborted) await once(interrupted, 'abort')
  } catch (fault) {
    if (!interrupted.aborted) {
      await parts.stopWithin(graceTime)
      throw fault
    }
  }
  return endParts(parts, { log, graceTime })
}

async function startAll(options: ProcessOptions, parts: StartedParts): Promise<void> {
  const { configuration, log, version, interrupted, tracing } = options
  parts.add(() => tracing?.close())
  const database = openProductionDatabase(configuration, { applicationName: 'muster-server' })
  parts.add(() => database.destroy())
  const temporal = await openTemporalClient(temporalOf(configuration), tracing)
  parts.add(() => temporal.close())
  const meters = openMeters(options)
  const store = meters.watch(openStore(database))
  const time = followDatabaseClock(database, { log })
  parts.add(() => time.close())
  let isReady = false
  const world = {
    configuration,
    store,
    log,
    clock: time.clock,
    keys: openKeys(configuration, null),
    outbox: new Outbox(time.clock),
    noteDelivery: meters.noteDelivery,
  }
  const deliveries = await openDeliveries(world)
  parts.add(() => deliveries.close())
  const challenges = startChallenges({
    ...world,
    deliveries: deliveries.world,
    client: async () => temporal.client,
    isReady: () => isReady,
  })
  parts.add(() => challenges.close())
  const server = await startServer({
    configuration,
    store,
    temporal,
    log,
    challenges: challenges.world,
    deliveries: deliveries.world,
    version,
    outbox: null,
    registry: meters.registry,
    tracing,
    refusal: () => (isReady ? null : 'Muster is starting: /readyz says what it waits for.'),
  })
  parts.add(() => server.close())
  parts.add(
    listenForHangup(options, [
      () => deliveries.reopen(),
      () => server.renewTls(),
      () => renewApiKey(temporal, configuration),
    ]),
  )
  log.info({ address: server.localUrl }, 'Listening.')
  await waitForSchema(database, { log, interrupted })
  await tryPatiently('PostgreSQL does not answer yet', time.look, { log, interrupted })
  await settleCopy(store, time.clock, { log, interrupted })
  isReady = true
  log.info({ address: server.localUrl, version }, 'Ready.')
}
