import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { readTemporalStatus } from '../../bin/temporal-status.ts'
import '../support/provided.ts'

let connection: Connection
beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporalAddress') })
})
afterAll(() => connection.close())

test('Temporal tells its version and that nobody works on an unknown queue', async () => {
  const address = inject('temporalAddress')
  const client = new Client({ connection, namespace: 'muster' })
  expect(await readTemporalStatus(client, address, 'a-queue-of-nobody')).toEqual({
    address,
    namespace: 'muster',
    version: expect.stringMatching(/^\d+\.\d+/),
    queue: { name: 'a-queue-of-nobody', backlog: 0, pollers: { workflows: 0, activities: 0 } },
  })
})
