import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalTime } from '../../../scim/canonical-time.ts'

describe('canonicalTime', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.1234567Z', '2026-01-02T03:04:05.123Z'],
    ['2026-01-02T03:04:05.5+02:00', '2026-01-02T01:04:05.500Z'],
    ['2026-01-01T00:30:00-05:30', '2026-01-01T06:00:00.000Z'],
    ['2026-02-28', '2026-02-28'],
    ['2024-02-29', '2024-02-29'],
  ])('RFC 7643 section 2.3.5: %s, strict or not', (text, canonical) => {
    expect(canonicalTime(text, true)).toBe(canonical)
    expect(canonicalTime(text, false)).toBe(canonical)
  })

  test.each([
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 03:04', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02t03:04:05z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05+0200', '2026-01-02T01:04:05.000Z'],
  ])('a tolerant connection may also write %s', (text, canonical) => {
    expect(canonicalTime(text, false)).toBe(canonical)
    expect(canonicalTime(text, true)).toBeUndefined()
  })

  test.each([
    '',
    'today',
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '0000-01-01',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:60:05Z',
    '2026-01-02T03:04:05+99:00',
    '20260102',
    '+012026-01-02',
    '2026-01-02T03:04:05.1234567890Z',
    ' 2026-01-02',
  ])('%j is no time', (text) => {
    expect(canonicalTime(text, false)).toBeUndefined()
  })

  test('what is canonical stays as it is, and of any text nothing else comes out', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:?\d\d)?$/),
    )
    fc.assert(
      fc.property(text, fc.boolean(), (sent, strict) => {
        const canonical = canonicalTime(sent, strict)
        if (canonical === undefined) return
        expect(canonical).toMatch(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?$/)
        expect(canonicalTime(canonical, true)).toBe(canonical)
      }),
      { numRuns: 300 },
    )
  })
})
