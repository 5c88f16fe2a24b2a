import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultLimits, type LimitSettings } from '../../domain/limit-settings.ts'
import { readFigures } from '../../store/read/figures.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { LimitWorld, noLimits } from '../support/limit-world.ts'

const minute = 60_000
let test: TestDatabase
beforeEach(async () => {
  test = await createTestDatabase()
})
afterEach(() => test.close())

const breaker = { ...defaultLimits.breaker, settle: 0 }
const settings: LimitSettings = { ...noLimits, breaker }
const number = (prefix: string, index: number) => ({ key: `${prefix}${String(index).padStart(4, '0')}` })

/** A number every ten seconds, as a pumping scheme does it. Answers how many messages were let through. */
async function pump(world: LimitWorld, count: number, prefix = '+49151999') {
  let sent = 0
  for (let index = 0; index < count; index += 1) {
    if ((await world.send(number(prefix, index))).ok) sent += 1
    world.pass(10_000)
  }
  return sent
}

const alerts = async () => {
  const { rows } = await test.database.raw('select action, actor_id, detail from audit_events order by id')
  return rows
}

describe('the conversion breaker', () => {
  it('stops a prefix at the set number of messages of which none was typed, and no other prefix', async () => {
    const world = new LimitWorld(test.database, settings)
    expect(await pump(world, 100)).toBe(20)
    expect(await world.send(number('+49151999', 5000))).toMatchObject({ ok: false, limit: 'breaker' })
    expect(await world.send(number('+49151888', 1))).toEqual({ ok: true })
    expect(await alerts()).toEqual([
      {
        action: 'breaker-opened',
        actor_id: 'send-limits',
        detail: { prefix: '+49151999', proven: false, mode: 'enforce', sent: 20, typed: 0 },
      },
    ])
    expect((await readFigures(test.database)).openBreakers).toEqual({ enforce: 1 })
  })

  it('leaves the proven addresses of the same prefix alone', async () => {
    const world = new LimitWorld(test.database, settings)
    await pump(world, 30)
    expect(await world.send({ ...number('+49151999', 1), proven: true })).toEqual({ ok: true })
  })

  it('stops the wide prefix when the messages go to many narrow ones', async () => {
    const world = new LimitWorld(test.database, settings)
    let sent = 0
    for (let block = 0; block < 10; block += 1)
      sent += await pump(world, 10, `+491519${String(block).padStart(2, '0')}`)
    expect(sent).toBe(60)
    expect(await world.send(number('+49152000', 1))).toEqual({ ok: true })
  })

  it('stays closed where people type their codes', async () => {
    const world = new LimitWorld(test.database, settings)
    for (let round = 0; round < 20; round += 1) {
      expect(await pump(world, 5)).toBe(5)
      await world.type(1, number('+49151999', 1))
    }
    expect(await alerts()).toEqual([])
  })

  it('does not judge messages that nobody has had the time to type', async () => {
    const world = new LimitWorld(test.database, { ...noLimits, breaker: defaultLimits.breaker })
    expect(await world.sendMany(60, number('+49151999', 1))).toBe(60)
    expect(await alerts()).toEqual([])
    world.pass(3 * minute)
    expect(await world.sendMany(2, number('+49151999', 1))).toBe(1)
    expect(await alerts()).toHaveLength(2)
  })

  it('lets one probe through when it is due, and closes when its code is typed', async () => {
    const world = new LimitWorld(test.database, settings)
    await pump(world, 30)
    world.pass(breaker.probeAfter)
    expect(await world.send(number('+49151999', 1))).toEqual({ ok: true })
    expect(await world.send(number('+49151999', 2))).toMatchObject({ limit: 'breaker', retryAfter: 1800 })
    world.pass(breaker.probeAfter)
    const both = await Promise.all([3, 4].map((index) => world.send(number('+49151999', index))))
    expect(both.filter(({ ok }) => ok)).toHaveLength(1)
    await world.type(1, number('+49151999', 3))
    expect((await alerts()).map(({ action }: { action: string }) => action)).toEqual([
      'breaker-opened',
      'breaker-closed',
    ])
    expect(await pump(world, 15)).toBe(15)
  })

  it('is not closed by a code of a message from before it opened', async () => {
    const world = new LimitWorld(test.database, settings)
    await pump(world, 30)
    await world.type(1, number('+49151999', 1))
    expect(await world.send(number('+49151999', 2))).toMatchObject({ limit: 'breaker' })
  })

  it('only raises the alert in record mode', async () => {
    const world = new LimitWorld(test.database, { ...noLimits, breaker: { ...breaker, mode: 'record' } })
    expect(await pump(world, 40)).toBe(40)
    expect(await alerts()).toMatchObject([{ action: 'breaker-opened', detail: { mode: 'record' } }])
  })

  it('forgets what lies outside its window', async () => {
    const world = new LimitWorld(test.database, settings)
    expect(await pump(world, 19)).toBe(19)
    world.pass(breaker.window)
    expect(await pump(world, 19)).toBe(19)
    expect(await alerts()).toEqual([])
  })
})
