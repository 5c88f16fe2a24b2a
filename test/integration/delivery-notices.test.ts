import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { addEnrollment, changeEnrollment } from '../../application/change-enrollment.ts'
import { createDeliverySender } from '../../application/deliveries/delivery-sender.ts'
import { offerOverdue } from '../../application/deliveries/offer-overdue.ts'
import { openTestDeliveries, type TestDeliveries } from '../support/delivery-world.ts'
import { emptyTables, tablesOfRuns } from '../support/empty-tables.ts'
import { insertPeople } from '../support/population.ts'
import { type Reconciler, startReconciler } from '../support/reconciler.ts'

let muster: Reconciler
let deliveries: TestDeliveries

beforeAll(async () => {
  const folder = join(inject('runDirectory'), 'notices')
  mkdirSync(join(folder, 'policies'), { recursive: true })
  muster = await startReconciler(folder)
})
beforeEach(async () => {
  await emptyTables(muster.store.database, tablesOfRuns)
  deliveries = await openTestDeliveries(muster.store.database)
})
afterAll(async () => {
  await muster?.close()
})

const notices = () =>
  muster.store
    .database('deliveries')
    .where({ kind: 'notice' })
    .orderBy('id')
    .select('template', 'channel', 'address', 'enrollment_id', 'status', 'next_at', 'parameters')

function policy(enroll: object) {
  const factors = ['otp-email', 'otp-sms'] as const
  const wants = {
    'otp-email': { factor: 'otp-email', from: 'emails', ...enroll },
    'otp-sms': { factor: 'otp-sms', from: 'phoneNumbers', ...enroll },
  }
  return {
    id: 'everybody',
    target: 'active eq true',
    conditions: { all: [] },
    event: { type: 'provision', params: { rights: factors, enroll: Object.values(wants) } },
  }
}

const person = (mobile: string, state = 'on') => [
  `1,anna,1,employee,Sales,anna@example.com,${mobile},${state}`,
]

describe('a change that a policy makes', () => {
  it('tells nobody at the very first enrollment', async () => {
    await muster.loadPolicies([policy({})])
    muster.write('hr', person('0151 23456789'))
    await muster.reconcile('hr')
    expect(await muster.store.database('enrollments').where({ status: 'active' })).toHaveLength(2)
    expect(await notices()).toEqual([])
  })

  it('tells the old address and another one when a number is replaced, and names the new one to neither', async () => {
    await muster.loadPolicies([policy({})])
    muster.write('hr', person('0151 23456789'))
    await muster.reconcile('hr')
    muster.write('hr', person('0151 23456788'))
    await muster.reconcile('hr')
    const [mail] = await muster.store.database('enrollments').where({ factor: 'otp-email' })
    expect(await notices()).toMatchObject([
      { template: 'replaced', channel: 'sms', address: '+4915123456789', enrollment_id: null },
      { template: 'replaced', channel: 'email', address: null, enrollment_id: mail.id },
    ])
    const sender = createDeliverySender(deliveries.world, {
      handOn: async () => expect.fail('nothing is handed on'),
      onError: (error) => expect.fail(String(error)),
    })
    expect(await offerOverdue(deliveries.world, sender)).toBe(0)
    deliveries.turn(120_000)
    expect(await offerOverdue(deliveries.world, sender)).toBe(2)
    await sender.drain()
    expect(deliveries.outbox.list().map(({ to }) => to)).toEqual(
      expect.arrayContaining(['+4915123456789', 'anna@example.com']),
    )
    for (const { text } of deliveries.outbox.list()) {
      expect(text).toContain('A mobile number')
      expect(text).not.toContain('23456788')
    }
  })

  it('tells nobody where the policy says so', async () => {
    await muster.loadPolicies([policy({ notify: false })])
    muster.write('hr', person('0151 23456789'))
    await muster.reconcile('hr')
    muster.write('hr', person('0151 23456788'))
    await muster.reconcile('hr')
    expect(await muster.store.database('enrollments').where({ address: '+4915123456788' })).toHaveLength(1)
    expect(await notices()).toEqual([])
  })

  it('tells nobody who has left', async () => {
    await muster.loadPolicies([policy({ onUnmatch: 'remove' })])
    muster.write('hr', person('0151 23456789'))
    await muster.reconcile('hr')
    muster.write('hr', person('0151 23456789', 'off'))
    await muster.reconcile('hr')
    expect(await muster.store.database('enrollments')).toHaveLength(0)
    expect(await notices()).toEqual([])
  })

  it('to a thousand people is sent a few at a time, codes first', async () => {
    await muster.loadPolicies([policy({})])
    const crowd = (last: number) =>
      Array.from(
        { length: 300 },
        (_, n) => `${n},u${n},${n},employee,Sales,u${n}@example.com,0151 2345${last}${100 + n},on`,
      )
    muster.write('hr', crowd(1))
    await muster.reconcile('hr')
    muster.write('hr', crowd(2))
    await muster.reconcile('hr')
    expect(await notices()).toHaveLength(600)
    deliveries.turn(120_000)
    const { deliveryId } = await deliveries.challenge()
    deliveries.turn(5000)
    const offered: string[] = []
    const sender = { offer: (id: string) => offered.push(id), drain: async () => undefined }
    expect(await offerOverdue(deliveries.world, sender)).toBe(21)
    expect(offered).toContain(deliveryId)
  })
})

describe('a change that a person makes', () => {
  const right = (factor: 'otp-email' | 'otp-sms') =>
    ({ factor, effective: true, clients: null, origins: [], denials: [] }) as const
  const actor = { kind: 'admin', id: 'ada' } as const
  const settings = { newId: () => newId(), country: null, countries: null }
  const clock = () => deliveries.world.clock()

  async function insertAnna(): Promise<{ identityId: string; mailId: string; phoneId: string }> {
    const [mailId, phoneId] = [newId(), newId()]
    const [identityId = ''] = await insertPeople(muster.store.database, [
      {
        attributes: { preferredLanguage: 'fr-CH' },
        rights: [right('otp-email'), right('otp-sms')],
        enrollments: [
          { id: mailId, factor: 'otp-email', address: 'anna@example.com', proof: 'proven' },
          { id: phoneId, factor: 'otp-sms', address: '+4915123456789' },
        ],
      },
    ])
    return { identityId, mailId, phoneId }
  }

  const add = (identityId: string, address: string) =>
    addEnrollment(
      { store: muster.store, clock, settings },
      { identityId, factor: 'otp-sms', address, actor, reason: null },
    )
  const remove = (enrollmentId: string) =>
    changeEnrollment({ store: muster.store, clock }, { enrollmentId, change: 'remove', actor, reason: null })

  it('is told to another address that was there before, in the language of the person', async () => {
    const { identityId, mailId } = await insertAnna()
    await add(identityId, '+4915199999999')
    expect(await notices()).toMatchObject([{ template: 'added', channel: 'email', enrollment_id: mailId }])
    const [{ locale }] = await muster.store.database('deliveries').select('locale')
    expect(locale).toBe('fr-CH')
  })

  it('is told to the address that was removed', async () => {
    const { phoneId, mailId } = await insertAnna()
    await remove(phoneId)
    expect(await notices()).toMatchObject([
      { template: 'removed', address: '+4915123456789' },
      { template: 'removed', enrollment_id: mailId },
    ])
  })

  it('is told once with all others of the same minute', async () => {
    const { identityId, mailId, phoneId } = await insertAnna()
    await add(identityId, '+4915199999999')
    await remove(phoneId)
    const found = await notices()
    expect(found).toHaveLength(2)
    expect(found).toMatchObject([
      { template: 'changed', enrollment_id: mailId },
      { template: 'removed', address: '+4915123456789' },
    ])
  })

  it('is told an hour after the last notice, and then with all others', async () => {
    const { identityId, mailId } = await insertAnna()
    await add(identityId, '+4915199999999')
    const [before] = await notices()
    deliveries.turn(120_000)
    await add(identityId, '+4915199999998')
    await add(identityId, '+4915199999997')
    const found = await notices()
    expect(found).toHaveLength(2)
    expect(found[1]).toMatchObject({ enrollment_id: mailId })
    expect(found[1].next_at.getTime() - before.next_at.getTime()).toBe(3_600_000)
  })

  it('never floods, however many addresses come and go', async () => {
    const { identityId } = await insertAnna()
    for (let n = 0; n < 10; n += 1) await remove(await add(identityId, `+49151999999${10 + n}`))
    expect(await notices()).toHaveLength(6)
  })
})
