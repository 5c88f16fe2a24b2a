import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChannelRoute,
  chooseRoute,
  type PastAttempt,
  waitBefore,
} from '../../../application/deliveries/choose-route.ts'
import { sendFaultCodes } from '../../../connectors/send-fault.ts'

const channel = {
  name: 'none',
  send: async () => expect.fail('nothing is sent'),
  test: async () => ({ ok: true, message: '' }),
  close: async () => undefined,
}
const route = (label: string, countries: readonly string[] | null): ChannelRoute => ({
  label,
  channel,
  countries: countries === null ? null : new Set(countries),
})

const routes = fc
  .array(fc.option(fc.subarray(['DE', 'FR', 'CH'], { minLength: 1 })), { maxLength: 4 })
  .map((list) => list.map((countries, index) => route(`c${index}`, countries)))
const past = fc.array(
  fc.record<PastAttempt>({
    connector: fc.constantFrom('c0', 'c1', 'c2', 'c3'),
    errorCode: fc.constantFrom(null, 'lost', ...sendFaultCodes),
  }),
  { maxLength: 12 },
)
const country = fc.constantFrom('DE', 'FR', 'CH', 'US', null)
const passing = new Set(['unreachable', 'busy', 'provider-error', 'mailbox-full'])

describe('the route of a delivery', () => {
  it('never leads to a channel that is out or does not serve the country', () => {
    fc.assert(
      fc.property(routes, past, country, fc.func(fc.boolean()), (all, attempts, where, isSick) => {
        const chosen = chooseRoute(all, attempts, where, isSick)
        if (chosen === null) return
        const codes = attempts
          .filter(({ connector }) => connector === chosen.label)
          .map((one) => one.errorCode ?? 'lost')
        expect(chosen.countries === null || (where !== null && chosen.countries.has(where))).toBe(true)
        expect(codes.filter((code) => !passing.has(code)).length).toBeLessThan(2)
        expect(codes.every((code) => passing.has(code) || code === 'timeout' || code === 'lost')).toBe(true)
      }),
    )
  })

  it('ends: a delivery whose channels all hang or die is given up after two attempts each', () => {
    fc.assert(
      fc.property(routes, country, fc.constantFrom('timeout', 'lost'), (all, where, errorCode) => {
        const attempts: PastAttempt[] = []
        for (let next = chooseRoute(all, attempts, where, () => false); next !== null; ) {
          attempts.push({ connector: next.label, errorCode })
          next = chooseRoute(all, attempts, where, () => false)
        }
        const serving = all.filter(
          ({ countries }) => countries === null || (where !== null && countries.has(where)),
        )
        expect(attempts).toHaveLength(serving.length * 2)
      }),
    )
  })

  it('takes channels in turn, and waits longer before each repetition', () => {
    const two = [route('c0', null), route('c1', null)]
    const attempts: PastAttempt[] = []
    const waits: number[] = []
    for (let count = 0; count < 16; count += 1) {
      const next = chooseRoute(two, attempts, 'DE', () => false)
      if (next === null) return expect.fail('a passing fault leaves the channel in')
      expect(next.label).toBe(`c${count % 2}`)
      waits.push(waitBefore(next, attempts))
      attempts.push({ connector: next.label, errorCode: 'busy' })
    }
    expect(waits.filter((_, index) => index % 2 === 0)).toEqual([
      0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ])
  })
})
