import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attemptDelivery } from '../../application/deliveries/attempt-delivery.ts'
import { createDeliverySender } from '../../application/deliveries/delivery-sender.ts'
import { offerOverdue } from '../../application/deliveries/offer-overdue.ts'
import { registerDeliveries } from '../../bin/commands/deliveries.ts'
import { registerEnrollments } from '../../bin/commands/enrollments.ts'
import { runCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { openTestDeliveries, type TestDeliveries } from '../support/delivery-world.ts'

let test: TestDatabase
let deliveries: TestDeliveries

beforeAll(async () => {
  test = await createTestDatabase()
  deliveries = await openTestDeliveries(test.database)
})
afterAll(async () => {
  await deliveries?.close()
  await test?.close()
})

const muster = (...words: readonly string[]) =>
  runCli([registerDeliveries, registerEnrollments], { database: test.database }, ...words)

describe('muster deliveries', () => {
  it('shows messages with their attempts, addresses masked and without what they said', async () => {
    const { deliveryId, identityId, code } = await deliveries.challenge()
    await attemptDelivery(deliveries.world, deliveryId)
    const { exitCode, out } = await muster('deliveries', '--who', identityId, '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      total: 1,
      deliveries: [
        {
          id: deliveryId,
          kind: 'code',
          identity: { id: identityId },
          channel: 'sms',
          address: '+49•••••••••78',
          status: 'sent',
          attempts: [{ number: 1, connector: 'outbox', outcome: 'sent', error: null }],
        },
      ],
    })
    expect(out).not.toContain(code)
    const table = await muster('deliveries', 'list', '--status', 'sent')
    expect(table.out).toContain(deliveryId)
    expect(table.out).not.toContain('15112345678')
  })

  it('shows those of one status', async () => {
    await deliveries.challenge({ channel: 'email' })
    const { out } = await muster('deliveries', '--status', 'queued', '--json')
    expect(JSON.parse(out)).toMatchObject({
      total: 1,
      deliveries: [{ address: 'a••a@example.com', attempts: [] }],
    })
    expect((await muster('deliveries', '--status', 'lost')).exitCode).toBe(2)
  })
})

describe('muster enrollments test', () => {
  it('sends a message without a code and says what became of it', async () => {
    const { enrollmentId } = await deliveries.challenge()
    const sender = createDeliverySender(deliveries.world, {
      handOn: async () => expect.fail('nothing is handed on'),
      onError: (error) => expect.fail(String(error)),
    })
    deliveries.turn(5000)
    const looking = setInterval(() => void offerOverdue(deliveries.world, sender), 50)
    const { exitCode, out } = await muster('enrollments', 'test', enrollmentId)
    clearInterval(looking)
    await sender.drain()
    expect(out).toMatch(/^To \+49•+78: sent by outbox\.\n/)
    expect(exitCode).toBe(0)
    const [message] = deliveries.outbox.list().filter(({ text }) => text.includes('test message'))
    expect(message?.to).toBe('+4915112345678')
    expect(await test.database('audit_events').where({ action: 'test-message-sent' })).toMatchObject([
      { actor_kind: 'admin', actor_id: 'tester' },
    ])
  })

  it('of an enrollment that is not there says so', async () => {
    const { exitCode, err } = await muster('enrollments', 'test', '01900000-0000-7000-8000-000000000000')
    expect(exitCode).toBe(1)
    expect(err).toContain('There is no enrollment')
  })
})
