import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { findFreePort } from '../../embedded/free-port.ts'
import { type LaunchedTemporal, launchTemporal } from '../../embedded/temporal-launcher.ts'
import { killWatchdog, makeFolder, startProgram, waitUntilGone } from '../support/embedded-stack.ts'
import '../support/provided.ts'

let folder: ReturnType<typeof makeFolder>
let data: DataDirectory
let stateFile: string
let started: LaunchedTemporal[]
let progress: string[]

/** These tests start servers of their own, also where the run uses one that is there. */
const environment = { ...process.env, TEMPORAL_ADDRESS: undefined }

beforeEach(() => {
  folder = makeFolder()
  data = openDataDirectory(join(folder.path, 'data'))
  stateFile = join(data.path, 'temporal', 'state.sqlite')
  started = []
  progress = []
})

afterEach(async () => {
  await Promise.all(started.map((temporal) => temporal.stop()))
  data.close()
  folder.remove()
})

async function start(ports: { port?: number; uiPort?: number } = {}): Promise<LaunchedTemporal> {
  const temporal = await launchTemporal({
    environment,
    stateFile,
    namespace: 'muster',
    uiPort: null,
    onProgress: (line) => progress.push(line),
    ...ports,
  })
  started.push(temporal)
  return temporal
}

async function withClient<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address })
  try {
    return await work(new Client({ connection, namespace: 'muster' }))
  } finally {
    await connection.close()
  }
}

function startWaiting(address: string): Promise<unknown> {
  const options = { taskQueue: 'nobody', workflowId: 'waits' }
  return withClient(address, (client) => client.workflow.start('waits', options))
}

function describeWaiting(address: string): Promise<string> {
  return withClient(
    address,
    async (client) => (await client.workflow.getHandle('waits').describe()).status.name,
  )
}

test('a second start continues the workflows, and both end within ten seconds', async () => {
  const first = await start()
  await startWaiting(first.address)
  const before = performance.now()
  await first.stop()
  expect(performance.now() - before).toBeLessThan(10_000)
  const second = await start()
  expect(await describeWaiting(second.address)).toBe('RUNNING')
})

test('workflows go on after the server was killed', async () => {
  const first = await start()
  await startWaiting(first.address)
  process.kill(first.pid ?? 0, 'SIGKILL')
  expect(await first.exited).toBe('signal SIGKILL')
  const second = await start()
  expect(await describeWaiting(second.address)).toBe('RUNNING')
})

test('the server ends by itself when the process that started it is killed', async () => {
  const other = join(folder.path, 'other')
  const program = startProgram('temporal', other)
  const { started: server } = await program.next((line) => line.started !== undefined)
  await program.kill()
  await waitUntilGone(server?.pid ?? 0, 12_000)
})

test('an orphan that nothing ended is ended by the next start', async () => {
  data.close()
  const program = startProgram('temporal', data.path)
  const { started: server } = await program.next((line) => line.started !== undefined)
  const pid = server?.pid ?? 0
  killWatchdog(pid)
  await program.kill()
  await start()
  expect(progress).toContain(`Ended the Temporal server of an earlier start (pid ${pid}).`)
})

test('a state file that no server ever served from is made anew', async () => {
  const first = await start()
  await first.stop()
  // What is left when the very first start is killed while it makes its tables.
  truncateSync(stateFile, 8192)
  rmSync(`${stateFile}.version`)
  const second = await start()
  await startWaiting(second.address)
})

test('a state file that cannot be read is set aside, and said so', async () => {
  const first = await start()
  await first.stop()
  writeFileSync(stateFile, 'not a database'.repeat(1000))
  // SQLite would mend the file from its journal.
  for (const suffix of ['-wal', '-shm']) rmSync(`${stateFile}${suffix}`, { force: true })
  const second = await start()
  await startWaiting(second.address)
  expect(progress).toContain('The Temporal state cannot be read; starting with a new one.')
  expect(readFileSync(`${stateFile}.old`, 'utf8')).toContain('not a database')
})

test('the state file of another version is set aside, and said so', async () => {
  const first = await start()
  await first.stop()
  writeFileSync(`${stateFile}.version`, 'temporal version 0.1 (Server 0.1)')
  await start()
  expect(progress.join()).toContain(
    'The Temporal state is of another version (temporal version 0.1 (Server 0.1))',
  )
  expect(existsSync(`${stateFile}.old`)).toBe(true)
})

test('configured ports are used, and one that is in use is named', async () => {
  const [port, uiPort] = [await findFreePort(), await findFreePort()]
  const first = await start({ port, uiPort })
  expect(first.address).toBe(`127.0.0.1:${port}`)
  expect(first.uiUrl).toBe(`http://127.0.0.1:${uiPort}`)
  expect((await fetch(String(first.uiUrl))).status).toBe(200)
  await first.stop()
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  await expect(start({ port })).rejects.toThrow(
    `Port ${port}, which the configuration gives to Temporal, is in use`,
  )
  other.close()
})

const outside = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

test.runIf(outside !== undefined)('the server does not listen to other machines', async () => {
  const { address } = await start()
  const socket = connect(Number(address.split(':')[1]), outside)
  await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED')
})

test('a server that is named in the environment is used and left running', async () => {
  const named = { environment: { TEMPORAL_ADDRESS: inject('temporalAddress') }, stateFile, uiPort: null }
  const temporal = await launchTemporal({
    ...named,
    namespace: 'made-on-request',
    onProgress: () => undefined,
  })
  expect(temporal.pid).toBeNull()
  await temporal.stop()
  await withClient(temporal.address, async ({ workflowService }) => {
    await workflowService.describeNamespace({ namespace: 'made-on-request' })
  })
  expect(existsSync(stateFile)).toBe(false)
})
