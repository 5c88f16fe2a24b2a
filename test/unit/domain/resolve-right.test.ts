import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextRightChange, resolveRight } from '../../../domain/resolve-right.ts'
import type { RightDenial, RightOrigin } from '../../../domain/right.ts'

const now = '2026-03-01T12:00:00.000Z'
const past = '2026-02-01T00:00:00.000Z'
const future = '2026-04-01T00:00:00+02:00'
const standing = { active: true, now }

function grant(kind: 'policy' | 'manual', more: Partial<RightOrigin> = {}): RightOrigin {
  const [policy, by] = kind === 'policy' ? ['p', null] : [null, 'admin']
  return { kind, policy, by, since: past, until: null, reason: null, clients: null, ...more }
}

function denial(kind: 'policy' | 'manual', overridable = false): RightDenial {
  const [policy, by] = kind === 'policy' ? ['p', null] : [null, 'admin']
  return { kind, policy, by, since: past, reason: null, overridable }
}

const anyOrigin = fc
  .record({
    kind: fc.constantFrom('policy' as const, 'manual' as const),
    until: fc.constantFrom(null, past, now, future),
    clients: fc.constantFrom(null, ['a'], ['a', 'b'], ['c']),
  })
  .map(({ kind, until, clients }) => grant(kind, { clients, until: kind === 'manual' ? until : null }))
const anyDenial = fc
  .record({ kind: fc.constantFrom('policy' as const, 'manual' as const), overridable: fc.boolean() })
  .map(({ kind, overridable }) => denial(kind, overridable))

describe('a right (rule 1)', () => {
  test.each([
    ['nothing grants it', [], [], false],
    ['a policy grants it', [grant('policy')], [], true],
    ['a person grants it', [grant('manual')], [], true],
    ["a policy's denial meets a policy's grant", [grant('policy')], [denial('policy')], false],
    ["a policy's denial meets a person's grant", [grant('manual')], [denial('policy')], false],
    ["an overridable denial meets a policy's grant", [grant('policy')], [denial('policy', true)], false],
    ["an overridable denial meets a person's grant", [grant('manual')], [denial('policy', true)], true],
    ["a person's denial meets a person's grant", [grant('manual')], [denial('manual')], false],
    ["a person's denial meets everything", [grant('manual'), grant('policy')], [denial('manual')], false],
    [
      'a hard denial stands beside an overridable one',
      [grant('manual')],
      [denial('policy', true), denial('policy')],
      false,
    ],
    ["a person's grant has ended", [grant('manual', { until: past })], [], false],
    ["a person's grant ends this instant", [grant('manual', { until: now })], [], false],
    ["a person's grant ends later", [grant('manual', { until: future })], [], true],
  ] as const)('when %s is decided by who said it', (_, origins, denials, effective) => {
    expect(resolveRight(origins, denials, standing).effective).toBe(effective)
  })

  test('is never effective while the identity is inactive, and tells its clients all the same', () => {
    expect(resolveRight([grant('policy', { clients: ['a'] })], [], { active: false, now })).toEqual({
      effective: false,
      clients: ['a'],
    })
  })

  test('counts for the clients of every grant that stands, and for all when one of them is unlimited', () => {
    const limited = [grant('policy', { clients: ['b'] }), grant('manual', { clients: ['a', 'b'] })]
    expect(resolveRight(limited, [], standing).clients).toEqual(['a', 'b'])
    expect(resolveRight([...limited, grant('policy')], [], standing).clients).toBeNull()
    expect(resolveRight(limited, [denial('policy', true)], standing).clients).toEqual(['a', 'b'])
    expect(resolveRight([...limited, grant('policy')], [denial('policy', true)], standing).clients).toEqual([
      'a',
      'b',
    ])
    expect(resolveRight(limited, [denial('manual')], standing).clients).toEqual([])
  })

  test('depends on no order, and no further denial ever makes it effective', () => {
    fc.assert(
      fc.property(fc.array(anyOrigin), fc.array(anyDenial), anyDenial, (origins, denials, further) => {
        const right = resolveRight(origins, denials, standing)
        expect(resolveRight([...origins].reverse(), [...denials].reverse(), standing)).toEqual(right)
        if (resolveRight(origins, [...denials, further], standing).effective)
          expect(right.effective).toBe(true)
      }),
    )
  })

  test('agrees with a search for the strongest word', () => {
    const strength = (word: RightOrigin | RightDenial) => {
      const denies = 'overridable' in word
      if (word.kind === 'manual') return denies ? 5 : 3
      if (!denies) return 1
      return word.overridable ? 2 : 4
    }
    fc.assert(
      fc.property(fc.array(anyOrigin), fc.array(anyDenial), (origins, denials) => {
        const valid = origins.filter((it) => it.until === null || it.until === future)
        const strongest = [...valid, ...denials].sort((a, b) => strength(b) - strength(a))[0]
        const expected = strongest !== undefined && !('overridable' in strongest)
        expect(resolveRight(origins, denials, standing).effective).toBe(expected)
      }),
    )
  })

  test('changes next when the first grant that has not ended yet does', () => {
    const origins = [
      grant('manual', { until: past }),
      grant('manual', { until: future }),
      grant('manual', { until: '2026-03-31T23:30:00+02:00' }),
      grant('policy'),
    ]
    expect(nextRightChange(origins, now)).toBe('2026-03-31T21:30:00.000Z')
    expect(nextRightChange([grant('policy')], now)).toBeNull()
  })
})
