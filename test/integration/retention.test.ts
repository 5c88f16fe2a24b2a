import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attemptDelivery } from '../../application/deliveries/attempt-delivery.ts'
import { forgetOld } from '../../application/forget-old.ts'
import { settleRestore } from '../../application/settle-restore.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { openTestDeliveries, type TestDeliveries } from '../support/delivery-world.ts'

let base: TestDatabase
let deliveries: TestDeliveries
const day = 86_400_000

beforeAll(async () => {
  base = await createTestDatabase()
  deliveries = await openTestDeliveries(base.database)
})
afterAll(async () => {
  await deliveries?.close()
  await base?.close()
})

const count = async (table: string) => Number((await base.database(table).count())[0]?.['count'])
const forget = (days: number, keep = { challenges: 90 * day, deliveries: 30 * day }) =>
  forgetOld({ store: deliveries.store, clock: () => new Date(Date.now() + days * day) }, keep)

describe('what has ended', () => {
  test('is kept for as long as it is configured, and then removed with what belongs to it', async () => {
    const { deliveryId, challengeId } = await deliveries.challenge()
    await attemptDelivery(deliveries.world, deliveryId)
    expect(await forget(29)).toBe(0)
    // The challenge was not ended: it stays, whatever its age.
    expect(await forget(400)).toBe(1)
    expect([await count('deliveries'), await count('delivery_attempts'), await count('challenges')]).toEqual([
      0, 0, 1,
    ])
    await base.database('challenges').where({ id: challengeId }).update({ status: 'expired', nonce: null })
    expect(await forget(89)).toBe(0)
    expect(await forget(91)).toBe(1)
    expect(await count('challenges')).toBe(0)
  })

  test('takes along deliveries of its challenge that would be kept for longer, and is removed in pieces', async () => {
    const { challengeId } = await deliveries.challenge()
    await base.database.raw(
      `insert into challenges select (json_populate_record(c, json_build_object('id',
         overlay(gen_random_uuid()::text placing '019a0000-0000-7' from 1 for 15), 'status', 'passed', 'nonce', null))).*
       from challenges c, generate_series(1, 2500)`,
    )
    await base.database('challenges').where({ id: challengeId }).update({ status: 'passed', nonce: null })
    expect(await forget(20, { challenges: 10 * day, deliveries: 300 * day })).toBe(2501)
    expect([await count('challenges'), await count('deliveries')]).toEqual([0, 0])
  })
})

describe('a database that stands elsewhere than before', () => {
  const settle = () => settleRestore({ store: deliveries.store, clock: () => new Date() })

  test('is told from one that is started for the first time, and from one that is started again', async () => {
    expect([await settle(), await settle()]).toEqual([null, null])
  })

  test('ends what was being sent, sends what nobody had begun, and says so once', async () => {
    const [begun, waiting] = [await deliveries.challenge(), await deliveries.challenge()]
    const now = new Date()
    await deliveries.store.deliveries.beginAttempt(base.database, {
      ...{ deliveryId: begun.deliveryId, seen: 0, lease: '019a0000-0000-7000-8000-000000000000' },
      ...{
        leasedUntil: new Date(now.getTime() - 1),
        connector: 'outbox',
        now: new Date(now.getTime() - 10_000),
      },
    })
    await base.database('installation').update({ place: 'elsewhere' })
    const both = await Promise.all([settle(), settle()])
    expect(both.toSorted()).toEqual([1, null])
    expect(await deliveries.delivery(begun.deliveryId)).toMatchObject({
      status: 'abandoned',
      error_code: 'restored',
    })
    expect(await deliveries.attempts(begun.deliveryId)).toMatchObject([
      { outcome: 'failed', error_code: 'restored' },
    ])
    expect(await attemptDelivery(deliveries.world, begun.deliveryId)).toMatchObject({ status: 'abandoned' })
    expect(await attemptDelivery(deliveries.world, waiting.deliveryId)).toMatchObject({ status: 'sent' })
    expect(await base.database('audit_events').where({ action: 'installation-restored' })).toMatchObject([
      { detail: { deliveriesEnded: 1 } },
    ])
  })
})
