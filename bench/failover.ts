/**
 * What a message costs that the workflow carries, beside one that the first attempt sends: latency until the channel
 * has it, and CPU of this process and of the Temporal development server. `npm run bench -- failover`.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, Worker } from '@temporalio/worker'
import { pino } from 'pino'
import { createDeliveryActivities } from '../activities/index.ts'
import { createDeliverySender } from '../application/deliveries/delivery-sender.ts'
import { connectTemporal, embeddedNamespace, embeddedTarget } from '../bin/compose/temporal.ts'
import { installTemporalRuntime } from '../bin/compose/worker.ts'
import { openDataDirectory } from '../embedded/data-directory.ts'
import { startPostgres } from '../embedded/postgres.ts'
import { launchTemporal } from '../embedded/temporal-launcher.ts'
import { migrate, openDatabase } from '../store/database.ts'
import { openTestDeliveries } from '../test/support/delivery-world.ts'
import { deliveryTaskQueue, workflowIds } from '../workflows/messages.ts'
import { median, runRound, Series } from './challenges/measure.ts'

const callers = 8
const perRound = 100
const rounds = 3
const ticksPerSecond = 100

const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'))
chmodSync(folder, 0o711)
const data = openDataDirectory(join(folder, 'data'))
const say = (text: string) => console.error(text)
installTemporalRuntime(pino({ level: 'silent' }))
mkdirSync(join(data.path, 'temporal'), { recursive: true })
const postgres = await startPostgres({ dataDir: data.path, onProgress: say })
const temporal = await launchTemporal({
  environment: process.env,
  stateFile: join(data.path, 'temporal/state.sqlite'),
  namespace: embeddedNamespace,
  uiPort: null,
  onProgress: say,
})
const database = openDatabase({ url: postgres.url, poolSize: 10, applicationName: 'muster-bench' })
await migrate(database)
const deliveries = await openTestDeliveries(database)
const connected = await connectTemporal(embeddedTarget(temporal.address))
const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url))
const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
const worker = await Worker.create({
  connection: connected.connection,
  namespace: connected.namespace,
  taskQueue: deliveryTaskQueue,
  workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: quiet }),
  activities: createDeliveryActivities(deliveries.world),
})
const running = worker.run()
const sender = createDeliverySender(deliveries.world, {
  handOn: async () => undefined,
  onError: console.error,
})

/** A message has left when the outbox has it. */
const left = new Map<string, () => void>()
deliveries.outbox.subscribe(({ to }) => left.get(to)?.())
let number = 0

async function send(how: (deliveryId: string) => Promise<void> | void): Promise<void> {
  number += 1
  const address = `+49151${String(20_000_000 + number)}`
  const { deliveryId } = await deliveries.challenge({ address })
  const arrived = new Promise<void>((resolve) => left.set(address, resolve))
  await how(deliveryId)
  await arrived
}

const ways = {
  'first attempt': (deliveryId: string) => sender.offer(deliveryId),
  workflow: async (deliveryId: string) => {
    const args = [{ deliveryId, deadline: new Date(Date.now() + 300_000).toISOString() }]
    await connected.client.workflow.start('deliverChallenge', {
      workflowId: workflowIds.deliver(deliveryId),
      taskQueue: deliveryTaskQueue,
      args,
    })
  },
} as const

/** Milliseconds of CPU that a process has used. */
function cpuOf(pid: number | null): number {
  if (pid === null) return Number.NaN
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

const results = Object.keys(ways).map((name) => ({
  name,
  series: new Series(),
  own: [] as number[],
  server: [] as number[],
}))
for (let round = 0; round < rounds; round += 1) {
  for (const result of results) {
    const way = ways[result.name as keyof typeof ways]
    const [own, server] = [process.cpuUsage(), cpuOf(temporal.pid)]
    await runRound(result.series, callers, perRound, () => send(way))
    const used = process.cpuUsage(own)
    result.own.push((used.user + used.system) / 1000 / perRound)
    result.server.push((cpuOf(temporal.pid) - server) / perRound)
  }
}
console.log(`${callers} at a time, the challenge's own insertion included in every figure`)
for (const { name, series, own, server } of results) {
  const latency = [0.5, 0.95].map((share) => series.percentile(share).toFixed(1))
  console.log(
    `  ${name.padEnd(14)} ${series.rate.toFixed(0).padStart(4)}/s   p50 ${latency[0]}  p95 ${latency[1]} ms   ` +
      `CPU a message: ${median(own).toFixed(1)} ms here, ${median(server).toFixed(1)} ms of the Temporal server`,
  )
}
worker.shutdown()
await running
await connected.close()
await deliveries.close()
await database.destroy()
await Promise.all([temporal.stop(), postgres.stop()])
data.close()
rmSync(folder, { recursive: true, force: true })
