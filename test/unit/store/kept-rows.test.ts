import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../domain/address.ts'
import type { Effect } from '../../../domain/effect.ts'
import type { Enrollment } from '../../../domain/enrollment.ts'
import type { Right } from '../../../domain/right.ts'
import { readEffects, writeEffects } from '../../../store/audited-effects.ts'
import { keepAddresses, readAddresses } from '../../../store/kept-addresses.ts'
import { anyWorld, planIn, start } from '../domain/plan-world.ts'

/** What an event says of an effect: an enrollment's own nulls are left out. */
function told({ op, because, before, after }: Effect) {
  const row = after ?? before
  const enrollment = row !== null && 'id' in row ? row.id : null
  return { op, factor: row?.factor, enrollment, because, before: image(before), after: image(after) }
}

function image(row: Right | Enrollment | null) {
  if (row === null || !('key' in row)) return row
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

describe('effects of an audit event', () => {
  test('are read as they were, whatever was left out', () => {
    fc.assert(
      fc.property(anyWorld, fc.boolean(), (world, isOther) => {
        const plan = planIn(world)
        const effects = [...plan.adding, ...plan.takingAway]
        // The event may be later than the plan.
        const at = isOther ? start : world.now
        expect(readEffects(JSON.parse(writeEffects(effects, at)), at)).toEqual(effects.map(told))
      }),
      { numRuns: 300 },
    )
  })

  test('that were kept whole are read as they were', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const { adding, takingAway } = planIn(world)
        const whole = [...adding, ...takingAway].map(told)
        expect(readEffects(JSON.parse(JSON.stringify(whole)), start)).toEqual(whole)
      }),
      { numRuns: 100 },
    )
  })

  test('are written once for those who share them, and anew for another time', () => {
    const right: Right = {
      factor: 'otp-sms',
      origins: [
        {
          kind: 'policy',
          policy: 'p',
          by: null,
          since: start,
          until: null,
          reason: null,
          clients: null,
        },
      ],
      denials: [],
      effective: true,
      clients: null,
    }
    const effect: Effect = { op: 'grant-right', before: null, after: right, because: 'p' }
    const later = '2026-03-02T00:00:00.000Z'
    const whole = [told(effect)]
    for (const at of [start, start, later])
      expect(readEffects(JSON.parse(writeEffects([effect], at)), at)).toEqual(whole)
    expect(writeEffects([effect], start)).toBe(
      '[{"op":"grant-right","after":{"origins":[{"kind":"policy","policy":"p"}],"effective":true},"factor":"otp-sms","because":"p"}]',
    )
  })
})

describe('addresses of an identity', () => {
  const text = fc.constantFrom('one@example.com', '+4915112345678')
  const anyAddress: fc.Arbitrary<Address> = fc.record({
    factor: fc.constantFrom('otp-email' as const, 'otp-sms' as const),
    attribute: fc.constantFrom('emails' as const, 'phoneNumbers' as const),
    value: text,
    key: fc.option(text),
    type: fc.option(fc.constantFrom('work', 'mobile')),
    primary: fc.boolean(),
    country: fc.option(fc.constant('DE')),
    lineType: fc.option(fc.constantFrom('mobile' as const, 'fixed-line' as const)),
    source: fc.constantFrom('corp', 'hr'),
    trust: fc.constantFrom('asserted' as const, 'claimed' as const),
    unusable: fc.option(fc.constantFrom('landline' as const, 'not-a-number' as const)),
  })

  test('are read as they were, kept short or whole', () => {
    fc.assert(
      fc.property(fc.array(anyAddress, { maxLength: 3 }), (addresses) => {
        const kept = JSON.stringify(keepAddresses(addresses))
        expect(readAddresses(JSON.parse(kept))).toEqual(addresses)
        expect(readAddresses(addresses)).toEqual(addresses)
      }),
    )
  })
})
