import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pruneLimits } from '../../application/limits/prune-limits.ts'
import { takeAllowance } from '../../application/limits/take-allowance.ts'
import { defaultLimits } from '../../domain/limit-settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { LimitWorld, noLimits, plainLimits } from '../support/limit-world.ts'

const minute = 60_000
const hour = 60 * minute
let test: TestDatabase
beforeAll(async () => {
  test = await createTestDatabase()
})
afterAll(() => test.close())

const world = (
  ...given: ConstructorParameters<typeof LimitWorld> extends [unknown, ...infer Rest] ? Rest : never
) => new LimitWorld(test.database, ...given)
const refused = (limit: string, retryAfter: unknown) => ({ ok: false, limit, retryAfter })

describe('the limits of one address', () => {
  it('let five messages go at once and then one every twelve minutes', async () => {
    const one = world(plainLimits)
    expect(await one.sendMany(5)).toBe(5)
    expect(await one.send()).toEqual(refused('destinationHour', 720))
    one.pass(12 * minute - 1)
    expect(await one.send()).toEqual(refused('destinationHour', 1))
    one.pass(1)
    expect(await one.send()).toEqual({ ok: true })
    expect(await one.send()).toEqual(refused('destinationHour', 720))
  })

  it('let fifteen messages go in a day that an hour at a time would allow more in', async () => {
    const one = world(plainLimits)
    let sent = 0
    for (let at = 0; at < 4; at += 1) {
      one.pass(hour)
      sent += await one.sendMany(5)
    }
    // Fifteen at once, and what three hours of a day give back: 3 h / 96 min.
    expect(sent).toBe(16)
    expect(await one.send()).toMatchObject({ limit: 'destinationDay' })
  })

  it('count mailboxes that differ by a plus tag or by case together', async () => {
    const one = world(plainLimits, { channel: 'email', country: null })
    expect(await one.sendMany(3, { key: 'ann+1@example.com' })).toBe(3)
    expect(await one.sendMany(3, { key: 'ann+2@example.com' })).toBe(2)
    expect(await one.send({ key: 'ann@example.com' })).toMatchObject({ limit: 'destinationHour' })
    expect(await one.send({ key: 'anna@example.com' })).toEqual({ ok: true })
  })

  it('hold for all identities and clients together', async () => {
    const one = world(plainLimits)
    expect(await one.sendMany(5, { identityId: '0198c0de-0000-7000-8000-0000000000aa', client: 'a' })).toBe(5)
    expect(await one.send({ client: 'b', ip: null })).toMatchObject({ limit: 'destinationHour' })
  })

  it('do not count messages whose code was typed', async () => {
    const one = world({ ...noLimits, destinationHour: defaultLimits.destinationHour })
    for (let at = 0; at < 30; at += 1) {
      expect(await one.sendMany(3)).toBe(3)
      await one.type(3)
    }
    expect(await one.sendMany(9)).toBe(5)
    one.pass(24 * hour)
    await one.type(5)
    expect(await one.sendMany(9)).toBe(5)
  })

  it('leave a proven address alone when a stranger used up what the unproven one has', async () => {
    const stranger = world(plainLimits)
    expect(await stranger.sendMany(40)).toBe(5)
    expect(await stranger.sendMany(9, { proven: true })).toBe(5)
  })

  it('store no address', async () => {
    const { rows } = await test.database.raw('select string_agg(key, chr(10)) as keys from send_limits')
    expect(rows[0].keys).not.toMatch(/1512345|example|192\.0\.2/)
  })
})

describe('the limits beside the address', () => {
  const other = (index: number) => ({ key: `+4915${String(10_000_000 + index * 1_000_003)}` })

  it('stop an identity, a network, a prefix, a country and a client', async () => {
    const two = { count: 2, per: hour }
    for (const limit of ['identityHour', 'identityDay', 'network', 'country', 'client'] as const) {
      const one = world({ ...noLimits, [limit]: two })
      const here = { client: limit, country: limit }
      for (const index of [0, 1]) expect(await one.send({ ...other(index), ...here })).toEqual({ ok: true })
      expect(await one.send({ ...other(2), ...here })).toEqual(refused(limit, 1800))
    }
    const prefix = world({ ...noLimits, prefix: two })
    expect(await prefix.sendMany(2, { key: '+491511110000' })).toBe(2)
    expect(await prefix.send({ key: '+491511119999' })).toEqual(refused('prefix', 1800))
    expect(await prefix.send({ key: '+491511120000' })).toEqual({ ok: true })
    const wide = world({ ...noLimits, widePrefix: two })
    expect(await wide.sendMany(2, { key: '+491511110000' })).toBe(2)
    expect(await wide.send({ key: '+491511990000' })).toEqual(refused('widePrefix', 1800))
    expect(await wide.send({ key: '+491512000000' })).toEqual({ ok: true })
  })

  it('see one network in all addresses of it', async () => {
    const one = world({ ...noLimits, network: { count: 2, per: hour } })
    expect(await one.sendMany(1, { ip: '198.51.100.1' })).toBe(1)
    expect(await one.sendMany(2, { ip: '::ffff:198.51.100.254' })).toBe(1)
    expect(await one.sendMany(1, { ip: '198.51.101.1' })).toBe(1)
    expect(await one.sendMany(3, { ip: '2001:db8:0:1::1' })).toBe(2)
    expect(await one.sendMany(1, { ip: '2001:db8::1:ffff:0:0:1' })).toBe(0)
    expect(await one.sendMany(1, { ip: '2001:db8:0:2::1' })).toBe(1)
  })

  it('send nothing to a country off the list', async () => {
    const one = world({ ...noLimits, countries: new Set(['DE', 'FR']) })
    expect(await one.send({ country: 'FR' })).toEqual({ ok: true })
    expect(await one.send({ country: 'CH' })).toMatchObject({ limit: 'countries' })
    expect(await one.send({ country: null })).toMatchObject({ limit: 'countries' })
    expect(await one.send({ channel: 'email', key: 'a@example.com', country: null })).toEqual({ ok: true })
  })

  it('spend a budget until midnight, apart for proven addresses', async () => {
    const tight = { proven: 3, unproven: 2 }
    const one = world({ ...noLimits, budget: { sms: tight, email: tight } })
    one.now = Date.parse('2031-05-01T23:00:00Z')
    expect(await one.sendMany(2)).toBe(2)
    expect(await one.send()).toEqual(refused('budget', 3600))
    expect(await one.sendMany(9, { proven: true })).toBe(3)
    expect(await one.sendMany(9, { channel: 'email', key: 'b@example.com' })).toBe(2)
    one.pass(hour)
    expect(await one.send()).toEqual({ ok: true })
  })

  it('let a shared counter go to its end and no further, in whatever parts it is kept', async () => {
    const one = world({ ...noLimits, client: { count: 600, per: hour } })
    let allowed = 0
    for (let index = 0; index < 700; index += 1) {
      const identityId = `0198c0de-0000-7000-8000-${String(index).padStart(12, '0')}`
      if ((await one.send({ identityId, client: 'spread' })).ok) allowed += 1
    }
    expect(allowed).toBeGreaterThan(570)
    expect(allowed).toBeLessThanOrEqual(600)
  })
})

describe('an allowance', () => {
  it('is taken under every limit or under none', async () => {
    const settings = {
      ...noLimits,
      destinationHour: { count: 1, per: hour },
      identityHour: { count: 3, per: hour },
    }
    const one = world(settings)
    const inOneTransaction = await one.store.transaction(async (trx) => {
      const request = one.request({ key: '+491701111111' })
      const allowances = []
      for (let at = 0; at < 9; at += 1) allowances.push(await takeAllowance(trx, one.store, request))
      return allowances.filter(({ ok }) => ok).length
    })
    // Eight were refused for the address, and none of them used up what the identity has.
    expect(inOneTransaction).toBe(1)
    expect(await one.sendMany(1, { key: '+491702222222' })).toBe(1)
    expect(await one.sendMany(1, { key: '+491703333333' })).toBe(1)
    expect(await one.send({ key: '+491704444444' })).toMatchObject({ limit: 'identityHour' })
  })

  it('names the limit that lasts longest', async () => {
    const one = world({
      ...noLimits,
      destinationHour: { count: 1, per: hour },
      identityDay: { count: 1, per: 24 * hour },
    })
    expect(await one.sendMany(1)).toBe(1)
    expect(await one.send()).toEqual(refused('identityDay', 86_400))
  })

  it('behaves like a plain backlog that drains, whatever is sent, typed and waited', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant({ do: 'send' } as const) },
      {
        weight: 2,
        arbitrary: fc.integer({ min: 0, max: 3 * hour }).map((ms) => ({ do: 'wait', ms }) as const),
      },
      {
        weight: 1,
        arbitrary: fc.integer({ min: 1, max: 3 }).map((sends) => ({ do: 'type', sends }) as const),
      },
    )
    const rate = fc.record({
      count: fc.integer({ min: 1, max: 7 }),
      per: fc.integer({ min: 1000, max: 4 * hour }),
    })
    const property = fc.asyncProperty(
      rate,
      fc.array(step, { minLength: 1, maxLength: 25 }),
      async (limit, steps) => {
        const one = world({ ...noLimits, destinationHour: limit })
        const model = new Backlog(limit)
        for (const each of steps) {
          if (each.do === 'wait') {
            one.pass(each.ms)
            model.pass(each.ms)
          } else if (each.do === 'type') {
            await one.type(each.sends)
            model.giveBack(each.sends)
          } else {
            expect((await one.send()).ok).toBe(model.send())
          }
        }
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })

  it('never lets more than its burst and its rate go in any stretch of time', async () => {
    const waits = fc.array(fc.integer({ min: 0, max: 40 * minute }), { minLength: 10, maxLength: 40 })
    const property = fc.asyncProperty(waits, async (each) => {
      const one = world({ ...noLimits, destinationHour: defaultLimits.destinationHour })
      const times: number[] = []
      for (const wait of each) {
        one.pass(wait)
        if ((await one.send()).ok) times.push(one.now)
      }
      for (const [from, start] of times.entries()) {
        for (const [to, end] of times.entries()) {
          if (to >= from) expect(to - from + 1).toBeLessThanOrEqual(5 + (end - start) / (12 * minute))
        }
      }
    })
    await fc.assert(property, { numRuns: 25 })
  })

  it('is forgotten when it is used up, and not before', async () => {
    const one = world(plainLimits)
    expect(await one.sendMany(5)).toBe(5)
    const clock = () => new Date(one.now)
    await pruneLimits({ store: one.store, clock })
    expect(await one.send()).toMatchObject({ limit: 'destinationHour' })
    one.pass(30 * 24 * hour)
    expect(await pruneLimits({ store: one.store, clock })).toBeGreaterThan(0)
    const { rows } = await test.database.raw(
      'select count(*)::int as left from send_limits where arrival < ?',
      [clock()],
    )
    expect(rows[0].left).toBe(0)
  })
})

/** The plain model: what was sent and has not drained yet, in messages' worth of time. */
class Backlog {
  private backlog = 0
  private readonly step: number
  private readonly depth: number

  constructor({ count, per }: { readonly count: number; readonly per: number }) {
    this.step = Math.floor((per * 1000) / count)
    this.depth = per * 1000
  }

  pass(milliseconds: number): void {
    this.backlog -= milliseconds * 1000
  }

  send(): boolean {
    const after = Math.max(0, this.backlog) + this.step
    if (after > this.depth) return false
    this.backlog = after
    return true
  }

  giveBack(messages: number): void {
    this.backlog -= messages * this.step
  }
}
