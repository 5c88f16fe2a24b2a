import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../domain/address.ts'
import { chooseAddresses } from '../../../domain/choose-addresses.ts'
import { address, wish } from './plan-world.ts'

const none: ReadonlySet<string> = new Set()
const taken = (
  candidates: readonly Address[],
  more: Parameters<typeof wish>[2],
  enrolled: ReadonlySet<string> = none,
) => chooseAddresses(wish('p', candidates, more), enrolled).taken.map((it) => it.key)

const anyCandidates = fc.array(
  fc
    .record({
      key: fc.constantFrom('k0', 'k1', 'k2', 'k3', 'k4'),
      primary: fc.boolean(),
      source: fc.constantFrom('corp', 'hr'),
      trust: fc.constantFrom('asserted' as const, 'claimed' as const),
    })
    .map(({ key, ...more }) => address(key, more)),
)
const anyTake = fc.record({
  take: fc.constantFrom('all' as const, 'primary' as const, 'first' as const),
  max: fc.constantFrom(null, 1, 2, 3),
})
const anyEnrolled = fc.subarray(['k0', 'k1', 'k2', 'k3', 'k4']).map((keys) => new Set(keys))

describe('the choice of addresses (rule 3)', () => {
  const [a, b, c] = [address('a'), address('b', { primary: true }), address('c')]

  test.each(['first', 'primary'] as const)('of %s is what is enrolled and still there', (take) => {
    expect(taken([a, b, c], { take }, new Set(['c', 'gone']))).toEqual(['c'])
  })

  test.each(['first', 'primary'] as const)('of %s is else the primary value, else the smallest', (take) => {
    expect(taken([a, b, c], { take })).toEqual(['b'])
    expect(taken([c, a], { take })).toEqual(['a'])
  })

  test('of all is everything up to the limit, and reports the rest', () => {
    const choice = chooseAddresses(wish('p', [c, a, b], { max: 2 }), none)
    expect(choice.taken.map((it) => it.key)).toEqual(['a', 'b'])
    expect(choice.overLimit.map((it) => it.key)).toEqual(['c'])
    expect(taken([a, b, c], { max: 2 }, new Set(['c']))).toEqual(['b', 'c'])
  })

  test('leaves out nothing that was not over a limit', () => {
    expect(chooseAddresses(wish('p', [a, b, c], { take: 'first' }), none).overLimit).toEqual([])
  })

  test('takes an address that several sources tell once, asserted if any of them asserts it', () => {
    const told = [
      address('a', { source: 'corp', trust: 'claimed', primary: true }),
      address('a', { source: 'hr', trust: 'asserted' }),
    ]
    expect(chooseAddresses(wish('p', told), none).taken).toEqual([
      address('a', { source: 'hr', trust: 'asserted', primary: true }),
    ])
  })

  test('never depends on the order in which a directory returns values', () => {
    fc.assert(
      fc.property(
        anyCandidates.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        anyTake,
        anyEnrolled,
        ([list, shuffled], more, enrolled) => {
          expect(chooseAddresses(wish('p', shuffled, more), enrolled)).toEqual(
            chooseAddresses(wish('p', list, more), enrolled),
          )
        },
      ),
    )
  })

  test('is kept once it is enrolled, whatever else becomes primary or appears', () => {
    fc.assert(
      fc.property(anyCandidates, anyCandidates, anyTake, anyEnrolled, (list, further, more, enrolled) => {
        const first = taken(list, more, enrolled)
        const flags = list.map((it) => ({ ...it, primary: false }))
        const again = taken([...flags, ...further], more, new Set(first))
        for (const key of first) expect(again).toContain(key)
      }),
    )
  })
})
