import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterAll, expect, it } from 'vitest'
import { controlRuns } from '../../bin/compose/run-control.ts'
import { openTemporalClient, type TemporalClient } from '../../bin/compose/temporal.ts'

/** Two servers that are no Temporal: one that nobody can reach any more, and one that takes connections and is silent. */
const sockets = new Set<Socket>()
const servers = [createServer(), createServer()] as const
const opened: TemporalClient[] = []
const request = { source: 'hr', kind: 'full', requestedBy: { kind: 'admin', id: 'test' } } as const

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
})

async function listen(server: Server): Promise<string> {
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('who asks for a run is told within seconds that Temporal is away, also where it takes connections and says nothing', async () => {
  const addresses = await Promise.all(servers.map(listen))
  const closed = once(servers[0], 'close')
  servers[0].close()
  await closed
  for (const address of addresses)
    opened.push(await openTemporalClient({ address, namespace: 'muster', tls: null, apiKey: null }))
  const asked = performance.now()
  const log = pino({ level: 'silent' })
  const answers = await Promise.allSettled(
    opened.map(({ client }) => controlRuns(client, log).start(request)),
  )
  const reason = { code: 'temporal-unavailable', retryable: true }
  expect(answers).toMatchObject([{ reason }, { reason }])
  expect(performance.now() - asked).toBeLessThan(10_000)
})

it('what is still tried again then ends with the connection, and brings no process down', async () => {
  const [refused] = opened as [TemporalClient]
  const asked = refused.client.workflowService.getSystemInfo({}).catch((error: unknown) => error)
  const before = performance.now()
  await Promise.all(opened.map((one) => one.close()))
  expect(performance.now() - before).toBeLessThan(3000)
  expect(await asked).toBeInstanceOf(Error)
})
