/**
 * A worker in a process of its own, so that its memory and CPU can be told from everything else's:
 * `worker-process.ts CONFIGURATION DATABASE TEMPORAL NAMESPACE`. Says "ready" when it listens.
 */
import { pino } from 'pino'
import { connectTemporal } from '../../bin/compose/temporal.ts'
import { installTemporalRuntime, startWorker } from '../../bin/compose/worker.ts'
import { loadConfiguration } from '../../config/load-configuration.ts'
import { openDatabase } from '../../store/database.ts'
import { openStore } from '../../store/store.ts'

const [file = '', url = '', address = '', namespace = ''] = process.argv.slice(2)
const log = pino({ level: 'warn' }, pino.destination(2))
installTemporalRuntime(log)
const loaded = await loadConfiguration({ file, env: process.env })
if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
const database = openDatabase({ url, poolSize: 5, applicationName: 'muster-bench-worker' })
const temporal = await connectTemporal({ address, namespace, tls: null, apiKey: null })
const { configuration } = loaded
const worker = await startWorker({ configuration, store: openStore(database), temporal, log })
process.once('SIGTERM', () => worker.shutdown())
process.stdout.write('ready\n')
await worker.stopped
await temporal.close()
await database.destroy()
