// Longer than 300 lines: one delivery and everything that can befall its attempts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { attemptDelivery } from '../../application/deliveries/attempt-delivery.ts'
import { createDeliverySender } from '../../application/deliveries/delivery-sender.ts'
import { markUndeliverable } from '../../application/deliveries/mark-undeliverable.ts'
import { offerOverdue } from '../../application/deliveries/offer-overdue.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type GivenRoutes, openTestDeliveries, type TestDeliveries } from '../support/delivery-world.ts'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'
import {
  startTwilioServer,
  type TwilioServer,
  twilioAccount,
  twilioError,
  twilioToken,
} from '../support/twilio-server.ts'

let test: TestDatabase
let first: TwilioServer
let second: TwilioServer
let mail: SmtpServer
const opened: TestDeliveries[] = []

beforeAll(async () => {
  test = await createTestDatabase()
  ;[first, second, mail] = await Promise.all([startTwilioServer(), startTwilioServer(), startSmtpServer()])
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
  for (const server of [first, second]) server.answerAll(null)
  await test.database('deliveries').where({ status: 'queued' }).delete()
})
afterAll(async () => {
  await Promise.all([first?.close(), second?.close(), mail?.close()])
  await test?.close()
})

async function open(routes: GivenRoutes = {}): Promise<TestDeliveries> {
  const deliveries = await openTestDeliveries(test.database, routes)
  opened.push(deliveries)
  return deliveries
}

const twilio = (server: TwilioServer, timeout = '2s') => ({
  type: 'twilio',
  account: twilioAccount,
  token: twilioToken,
  from: '+4915100000000',
  url: server.url,
  timeout,
})
const toTwilio = () => open({ sms: [twilio(first, '1s'), twilio(second)] })
const toMail = () =>
  open({
    email: [{ type: 'smtp', host: '127.0.0.1', port: mail.port, from: 'no-reply@example.com', tls: 'none' }],
  })

describe('an attempt', () => {
  it('sends the code to the enrolled address and is on record', async () => {
    const { world, outbox, challenge, delivery, attempts } = await open()
    const { deliveryId, code } = await challenge({ origin: 'https://portal.example.com' })
    expect(await attemptDelivery(world, deliveryId)).toEqual({ status: 'sent', fault: null })
    const [message] = outbox.list()
    expect(message).toMatchObject({ to: '+4915112345678', deliveryId, subject: null })
    expect(message?.text.split('\n').at(-1)).toBe(`@portal.example.com #${code}`)
    expect(await delivery(deliveryId)).toMatchObject({
      status: 'sent',
      connector: 'outbox',
      lease: null,
      attempts: 1,
    })
    expect(await attempts(deliveryId)).toMatchObject([{ number: 1, connector: 'outbox', outcome: 'sent' }])
    expect(await attemptDelivery(world, deliveryId)).toEqual({ status: 'sent', fault: null })
    expect(outbox.list()).toHaveLength(1)
  })

  it('is on record before the provider is asked', async () => {
    const { world, challenge, delivery, attempts } = await toTwilio()
    const { deliveryId } = await challenge()
    first.answerNext('hang')
    const sending = attemptDelivery(world, deliveryId)
    await expect
      .poll(() => attempts(deliveryId))
      .toMatchObject([{ connector: 'twilio', outcome: null, ended_at: null }])
    expect(await delivery(deliveryId)).toMatchObject({ status: 'queued', attempts: 1 })
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({
      status: 'queued',
      waitMs: expect.any(Number),
    })
    expect(await sending).toMatchObject({ status: 'queued', fault: 'timeout', waitMs: 0 })
    expect(await attempts(deliveryId)).toMatchObject([{ outcome: 'retry', error_code: 'timeout' }])
  })

  it('is made once however many try at the same time', async () => {
    const { world, outbox, challenge, attempts } = await open()
    const { deliveryId } = await challenge()
    await Promise.all(Array.from({ length: 50 }, () => attemptDelivery(world, deliveryId)))
    expect(outbox.list()).toHaveLength(1)
    expect(await attempts(deliveryId)).toHaveLength(1)
  })

  it('of a process that died is taken over when its lease ends, with the same code', async () => {
    const { world, store, outbox, turn, challenge, attempts } = await open()
    const { deliveryId, code } = await challenge()
    const now = world.clock()
    const leasedUntil = new Date(now.getTime() + 10_000)
    const dead = { deliveryId, seen: 0, lease: world.newId(), leasedUntil, connector: 'outbox', now }
    expect(await store.deliveries.beginAttempt(store.database, dead)).toBe(true)
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'queued' })
    expect(outbox.list()).toHaveLength(0)
    turn(10_001)
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'sent' })
    expect(outbox.list()[0]?.text).toContain(code)
    expect(await attempts(deliveryId)).toMatchObject([
      { outcome: 'retry', error_code: 'lost' },
      { outcome: 'sent' },
    ])
  })

  it('of a process that was killed in the middle of it is taken over likewise', async () => {
    const { world, turn, challenge, attempts } = await open({ sms: [twilio(first)] })
    const { deliveryId, code } = await challenge()
    const [before, sentBefore] = [first.messages.length, first.messages.length + 1]
    first.answerNext('hang')
    const program = fileURLToPath(new URL('../support/delivery-program.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', program, test.url, first.url, deliveryId], {
      stdio: 'inherit',
    })
    await expect.poll(() => first.messages.length, { timeout: 30_000 }).toBe(sentBefore)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'queued' })
    turn(10_001)
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'sent' })
    expect(await attempts(deliveryId)).toMatchObject([{ error_code: 'lost' }, { outcome: 'sent' }])
    for (const { fields } of first.messages.slice(before)) expect(fields['Body']).toContain(code)
  })

  it('sends nothing when the time is over', async () => {
    const { world, outbox, turn, challenge, attempts } = await open()
    const { deliveryId } = await challenge({ validity: 60_000 })
    turn(60_000)
    expect(await attemptDelivery(world, deliveryId)).toEqual({ status: 'abandoned', fault: 'expired' })
    expect(outbox.list()).toHaveLength(0)
    expect(await attempts(deliveryId)).toHaveLength(0)
  })

  it('sends nothing when the challenge has ended', async () => {
    const { world, outbox, challenge } = await open()
    const { deliveryId, challengeId } = await challenge()
    await test.database('challenges').where({ id: challengeId }).update({ status: 'cancelled', nonce: null })
    expect(await attemptDelivery(world, deliveryId)).toEqual({ status: 'abandoned', fault: 'ended' })
    expect(outbox.list()).toHaveLength(0)
  })

  it('asks for no longer than the code lives when it fails shortly before the end', async () => {
    const { world, turn, challenge } = await open({ sms: [twilio(first)] })
    const { deliveryId } = await challenge({ validity: 60_000 })
    turn(59_500)
    first.answerNext(twilioError(503, 20500))
    expect(await attemptDelivery(world, deliveryId)).toEqual({ status: 'abandoned', fault: 'provider-error' })
    expect(first.messages.at(-1)?.fields['ValidityPeriod']).toBe('5')
  })
})

describe('the route', () => {
  it('goes on with the next channel at once after a fault that passes', async () => {
    const { world, challenge, attempts, faults } = await toTwilio()
    const { deliveryId, code } = await challenge()
    first.answerNext(twilioError(500, 20500))
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'queued', waitMs: 0 })
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'sent' })
    expect(second.messages.at(-1)?.fields['Body']).toContain(code)
    expect(await attempts(deliveryId)).toMatchObject([
      { connector: 'twilio', outcome: 'retry', error_code: 'provider-error' },
      { connector: 'twilio#2', outcome: 'sent' },
    ])
    expect(faults).toEqual(['twilio provider-error'])
  })

  it('leaves out a channel that refuses us, and fails when none is left', async () => {
    const { world, challenge, delivery, turn } = await toTwilio()
    const { deliveryId, enrollmentId } = await challenge()
    first.answerNext(twilioError(401, 20003))
    second.answerAll(twilioError(500, 20500))
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'queued', waitMs: 0 })
    for (const waitMs of [1000, 2000, 4000]) {
      expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'queued', waitMs })
      turn(waitMs)
    }
    second.answerAll(twilioError(401, 20003))
    expect(await attemptDelivery(world, deliveryId)).toEqual({
      status: 'failed',
      fault: 'refused-credentials',
    })
    expect(await delivery(deliveryId)).toMatchObject({ status: 'failed', error_code: 'refused-credentials' })
    expect(await test.database('enrollments').where({ id: enrollmentId })).toMatchObject([
      { status: 'active' },
    ])
  })

  it('repeats what may have left only once on each channel', async () => {
    const { world, challenge, turn } = await open({ sms: [twilio(first, '1s')] })
    const { deliveryId } = await challenge()
    const before = first.messages.length
    first.answerAll('hang')
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'queued', waitMs: 1000 })
    turn(1000)
    expect(await attemptDelivery(world, deliveryId)).toEqual({ status: 'failed', fault: 'timeout' })
    expect(first.messages.length - before).toBe(2)
  })

  it('serves the countries of each channel', async () => {
    const routes = {
      sms: [
        { ...twilio(first), countries: ['FR'] },
        { ...twilio(second), countries: ['DE'] },
      ],
    }
    const { world, challenge, attempts } = await open(routes)
    const german = await challenge()
    expect(await attemptDelivery(world, german.deliveryId)).toMatchObject({ status: 'sent' })
    expect(await attempts(german.deliveryId)).toMatchObject([{ connector: 'twilio#2' }])
    const swiss = await challenge({ address: '+41791234567' })
    expect(await attemptDelivery(world, swiss.deliveryId)).toEqual({
      status: 'failed',
      fault: 'refused-destination',
    })
  })

  it('tries a channel that failed several messages in a row after the others', async () => {
    const { world, challenge, attempts } = await toTwilio()
    first.answerAll(twilioError(500, 20500))
    for (let count = 0; count < 3; count += 1) await attemptDelivery(world, (await challenge()).deliveryId)
    const { deliveryId } = await challenge()
    expect(await attemptDelivery(world, deliveryId)).toMatchObject({ status: 'sent' })
    expect(await attempts(deliveryId)).toMatchObject([{ connector: 'twilio#2' }])
  })
})

describe('an address that can never be reached', () => {
  it('ends the delivery and makes the enrollment undeliverable until it is proven again', async () => {
    const { world, challenge } = await toMail()
    const { deliveryId, enrollmentId, identityId } = await challenge({ channel: 'email' })
    mail.refuseNext('rcpt', '550 5.1.1 <anna@example.com> no such user')
    expect(await attemptDelivery(world, deliveryId)).toEqual({ status: 'failed', fault: 'no-such-address' })
    const [row] = await test.database('enrollments').where({ id: enrollmentId })
    expect(row).toMatchObject({ status: 'undeliverable', status_by: 'system' })
    expect(row.undeliverable_since).toBeInstanceOf(Date)
    const events = await test.database('audit_events').where({ identity_id: identityId }).orderBy('id')
    expect(events).toMatchObject([
      { action: 'challenge-cancelled', reason: 'no-longer-usable' },
      { action: 'enrollment-changed', actor_kind: 'system', actor_id: 'delivery', reason: 'no-such-address' },
    ])
    const [state] = await test.database('identity_states').where({ identity_id: identityId })
    expect(state.due_at).toBeInstanceOf(Date)
  })

  it('is not blamed on a new address that took its place meanwhile', async () => {
    const { world, challenge } = await open()
    const { enrollmentId } = await challenge({ channel: 'email', address: 'new@example.com' })
    await markUndeliverable(world, { enrollmentId, address: 'old@example.com', reason: 'no-such-address' })
    expect(await test.database('enrollments').where({ id: enrollmentId })).toMatchObject([
      { status: 'active' },
    ])
  })
})

describe('a sender', () => {
  const never = async () => expect.fail('nothing is handed on')

  it('makes the first attempt in this process and hands on what it did not send', async () => {
    const { world, challenge, delivery } = await toTwilio()
    const handed: string[] = []
    const sender = createDeliverySender(world, {
      handOn: async ({ deliveryId }) => {
        handed.push(deliveryId)
      },
      onError: never,
    })
    const [sent, failed] = [await challenge(), await challenge()]
    sender.offer(sent.deliveryId)
    await sender.drain()
    first.answerNext(twilioError(500, 20500))
    sender.offer(failed.deliveryId)
    await sender.drain()
    expect(handed).toEqual([failed.deliveryId])
    expect(await delivery(sent.deliveryId)).toMatchObject({ status: 'sent' })
  })

  it('sends so many at a time and lets the others wait or be handed on', async () => {
    const slots = { atOnce: 2, waiting: 1, patience: 10_000 }
    const { world, challenge, outbox } = await open({
      sms: [twilio(first, '1s'), { type: 'outbox' }],
      slots,
    })
    const handed: string[] = []
    const sender = createDeliverySender(world, {
      handOn: async ({ deliveryId }) => {
        handed.push(deliveryId)
      },
      onError: never,
    })
    first.answerNext('hang', 'hang')
    const challenges = [await challenge(), await challenge(), await challenge(), await challenge()]
    for (const { deliveryId } of challenges) sender.offer(deliveryId)
    await sender.drain()
    // Two hung, one waited for a slot and was sent, one found the line full.
    expect(handed).toHaveLength(3)
    expect(outbox.list()).toHaveLength(0)
  })

  it('loses nothing while Temporal is away: what is late is offered again, by one server each', async () => {
    const { world, challenge, delivery, attempts, turn } = await toTwilio()
    const { deliveryId } = await challenge()
    const errors: unknown[] = []
    const away = {
      handOn: () => Promise.reject(new Error('away')),
      onError: (error: unknown) => errors.push(error),
    }
    const [one, other] = [createDeliverySender(world, away), createDeliverySender(world, away)]
    first.answerNext(twilioError(500, 20500))
    one.offer(deliveryId)
    await one.drain()
    expect(errors).toHaveLength(1)
    expect(await delivery(deliveryId)).toMatchObject({ status: 'queued' })
    expect(await offerOverdue(world, one)).toBe(0)
    turn(3500)
    const offered = await Promise.all([offerOverdue(world, one), offerOverdue(world, other)])
    expect(offered.sort()).toEqual([0, 1])
    await Promise.all([one.drain(), other.drain()])
    expect(await delivery(deliveryId)).toMatchObject({ status: 'sent', connector: 'twilio#2' })
    expect(await attempts(deliveryId)).toHaveLength(2)
  })

  it('takes up what a process committed and did not live to offer', async () => {
    const { world, challenge, outbox, turn } = await open()
    await challenge()
    turn(3500)
    const sender = createDeliverySender(world, { handOn: never, onError: never })
    expect(await offerOverdue(world, sender)).toBe(1)
    await sender.drain()
    expect(outbox.list()).toHaveLength(1)
  })

  it('abandons a queued message when a newer one says the same', async () => {
    const { world, store, challenge, delivery, outbox } = await open()
    const { deliveryId, challengeId, identityId, enrollmentId } = await challenge()
    const again = { ...(await store.deliveries.readDelivery(store.database, deliveryId)) }
    const id = world.newId()
    await store.transaction((trx) =>
      store.deliveries.insertDelivery(trx, {
        ...{ id, kind: 'code', challengeId, identityId, enrollmentId, channel: 'sms', address: null },
        ...{ template: 'authentication', parameters: {}, locale: null },
        deadline: again.deadline ?? world.clock(),
        now: world.clock(),
      }),
    )
    expect(await delivery(deliveryId)).toMatchObject({ status: 'abandoned', error_code: 'superseded' })
    await attemptDelivery(world, deliveryId)
    await attemptDelivery(world, id)
    expect(outbox.list()).toHaveLength(1)
  })
})
