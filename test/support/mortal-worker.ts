/**
 * A worker over Temporal in a process of its own, that a test kills:
 * `mortal-worker BUILD CONFIGURATION DATABASE TEMPORAL NAMESPACE`. Says "ready" when it listens.
 */
const [build = '', file = '', url = '', address = '', namespace = ''] = process.argv.slice(2)

const { connectTemporal }: typeof import('../../bin/compose/temporal.ts') = await import(
  `${build}bin/compose/temporal.js`
)
const { installTemporalRuntime, startWorker }: typeof import('../../bin/compose/worker.ts') = await import(
  `${build}bin/compose/worker.js`
)
const { loadConfiguration }: typeof import('../../config/load-configuration.ts') = await import(
  `${build}config/load-configuration.js`
)
const { openDatabase }: typeof import('../../store/database.ts') = await import(`${build}store/database.js`)
const { openStore }: typeof import('../../store/store.ts') = await import(`${build}store/store.js`)
const { pino } = await import('pino')

const log = pino({ level: 'silent' })
installTemporalRuntime(log)
const loaded = await loadConfiguration({ file, env: {} })
if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
const database = openDatabase({ url, poolSize: 5, applicationName: 'muster-test-mortal' })
const temporal = await connectTemporal({ address, namespace, tls: null, apiKey: null })
const { configuration } = loaded
await startWorker({ configuration, store: openStore(database), temporal, log })
process.stdout.write('ready\n')
