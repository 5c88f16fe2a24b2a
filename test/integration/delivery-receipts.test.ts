import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyReceipt } from '../../application/deliveries/apply-receipt.ts'
import { attemptDelivery } from '../../application/deliveries/attempt-delivery.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { openTestDeliveries, type TestChallenge, type TestDeliveries } from '../support/delivery-world.ts'
import { startTwilioServer, type TwilioServer, twilioAccount, twilioToken } from '../support/twilio-server.ts'

let test: TestDatabase
let twilio: TwilioServer
let deliveries: TestDeliveries

beforeAll(async () => {
  test = await createTestDatabase()
  twilio = await startTwilioServer()
  const channel = {
    type: 'twilio',
    account: twilioAccount,
    token: twilioToken,
    from: '+4915100000000',
    url: twilio.url,
  }
  // Two of one type: a receipt names the type, whichever of them sent.
  deliveries = await openTestDeliveries(test.database, { sms: [{ ...channel, countries: ['FR'] }, channel] })
})
afterAll(async () => {
  await deliveries?.close()
  await twilio?.close()
  await test?.close()
})

async function sent(): Promise<TestChallenge & { readonly sid: string }> {
  const challenge = await deliveries.challenge()
  await attemptDelivery(deliveries.world, challenge.deliveryId)
  const row = await deliveries.delivery(challenge.deliveryId)
  return { ...challenge, sid: String(row['provider_id']) }
}

const receive = (sid: string, status: 'sent' | 'delivered' | 'failed', more: object = {}) =>
  applyReceipt(deliveries.world, {
    connector: 'twilio',
    providerId: sid,
    status,
    providerCode: null,
    ...more,
  })
const statusOf = async ({ deliveryId }: TestChallenge) => (await deliveries.delivery(deliveryId))['status']

describe('a receipt', () => {
  it('moves a delivery forward, once', async () => {
    const message = await sent()
    expect(await receive(message.sid, 'delivered')).toBe(true)
    expect(await deliveries.delivery(message.deliveryId)).toMatchObject({
      status: 'delivered',
      ended_at: expect.any(Date),
    })
    expect(await receive(message.sid, 'delivered')).toBe(false)
  })

  it('that is late, replayed or out of order changes nothing', async () => {
    const message = await sent()
    expect(await receive(message.sid, 'sent')).toBe(false)
    expect(await receive(message.sid, 'delivered')).toBe(true)
    expect(await receive(message.sid, 'failed', { providerCode: '30005' })).toBe(false)
    expect(await receive(message.sid, 'sent')).toBe(false)
    expect(await statusOf(message)).toBe('delivered')
    const [enrollment] = await test.database('enrollments').where({ id: message.enrollmentId })
    expect(enrollment.status).toBe('active')
  })

  it('of a message that nobody sent changes nothing', async () => {
    expect(await receive('SM00000000000000000000000000009999', 'delivered')).toBe(false)
  })

  it('names another delivery by id only where the provider was not heard of before', async () => {
    const [one, other] = [await sent(), await sent()]
    expect(await receive(one.sid, 'delivered', { deliveryId: other.deliveryId })).toBe(true)
    expect([await statusOf(one), await statusOf(other)]).toEqual(['delivered', 'sent'])
    expect(
      await receive('SM00000000000000000000000000008888', 'failed', { deliveryId: other.deliveryId }),
    ).toBe(false)
  })

  it('may come before the answer to the send', async () => {
    const challenge = await deliveries.challenge()
    const { store, world } = deliveries
    const now = world.clock()
    const attempt = {
      deliveryId: challenge.deliveryId,
      seen: 0,
      lease: world.newId(),
      leasedUntil: new Date(now.getTime() + 10_000),
      connector: 'twilio',
      now,
    }
    await store.deliveries.beginAttempt(store.database, attempt)
    const sid = 'SM0000000000000000000000000000abcd'
    expect(await receive(sid, 'delivered', { deliveryId: challenge.deliveryId })).toBe(true)
    await store.deliveries.endAttempt(store.database, {
      ...{ deliveryId: challenge.deliveryId, number: 1, lease: attempt.lease, connector: 'twilio', now },
      ...{ outcome: 'sent', status: 'sent', errorCode: null, providerId: sid, nextAt: now },
    })
    expect(await deliveries.delivery(challenge.deliveryId)).toMatchObject({
      status: 'delivered',
      provider_id: sid,
    })
    expect(await deliveries.attempts(challenge.deliveryId)).toMatchObject([{ outcome: 'sent' }])
  })

  it('that blames the address makes the enrollment undeliverable', async () => {
    const message = await sent()
    expect(await receive(message.sid, 'failed', { providerCode: '30006' })).toBe(true)
    expect(await deliveries.delivery(message.deliveryId)).toMatchObject({
      status: 'failed',
      error_code: 'not-mobile',
    })
    const [enrollment] = await test.database('enrollments').where({ id: message.enrollmentId })
    expect(enrollment.status).toBe('undeliverable')
  })

  it('that blames the handset leaves the enrollment as it is', async () => {
    const message = await sent()
    expect(await receive(message.sid, 'failed', { providerCode: '30003' })).toBe(true)
    expect(await statusOf(message)).toBe('failed')
    const [enrollment] = await test.database('enrollments').where({ id: message.enrollmentId })
    expect(enrollment.status).toBe('active')
  })
})
