import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveStatus, type EnrollmentFacts } from '../../../domain/enrollment-status.ts'

const now = '2026-03-01T00:00:00.000Z'
const usable: EnrollmentFacts = {
  proof: 'asserted',
  proofRequired: false,
  disabled: null,
  lockedUntil: null,
  undeliverableSince: null,
  unwantedSince: null,
  removed: null,
}
const disabled = { by: 'admin', id: 'kim', at: now, reason: 'lost phone' } as const
const worse: readonly (readonly [string, Partial<EnrollmentFacts>])[] = [
  ['disabled', { disabled }],
  ['locked', { lockedUntil: '2026-03-01T00:00:01Z' }],
  ['undeliverable', { undeliverableSince: now }],
  ['pending', { proofRequired: true }],
  ['suspended', { unwantedSince: now }],
]

describe('the status of an enrollment', () => {
  test('is the first that holds: disabled, locked, undeliverable, pending, suspended, active', () => {
    fc.assert(
      fc.property(fc.subarray([...worse]), fc.boolean(), (chosen, rightEffective) => {
        const facts = Object.assign({}, usable, ...chosen.map(([, some]) => some))
        const first = chosen[0]?.[0] ?? (rightEffective ? 'active' : 'suspended')
        expect(deriveStatus(facts, { rightEffective, now }).status).toBe(first)
      }),
    )
  })

  test('says why and by whom', () => {
    const context = { rightEffective: true, now }
    expect(deriveStatus({ ...usable, disabled }, context)).toEqual({
      status: 'disabled',
      statusReason: 'lost phone',
      statusBy: 'admin:kim',
    })
    expect(deriveStatus({ ...usable, unwantedSince: now }, context).statusReason).toBe('unwanted')
    expect(deriveStatus(usable, { rightEffective: false, now }).statusReason).toBe('right-lost')
    expect(deriveStatus(usable, context)).toEqual({ status: 'active', statusReason: null, statusBy: null })
  })

  test('ends being locked at the very time, and being pending with a code', () => {
    const context = { rightEffective: true, now }
    expect(deriveStatus({ ...usable, lockedUntil: now }, context).status).toBe('active')
    expect(deriveStatus({ ...usable, proofRequired: true, proof: 'proven' }, context).status).toBe('active')
    expect(deriveStatus({ ...usable, proofRequired: true, proof: 'attested' }, context).status).toBe(
      'pending',
    )
  })

  test('of a tombstone is none, whatever else is known of it', () => {
    const removed = { by: 'self', id: 'one', at: now } as const
    expect(deriveStatus({ ...usable, disabled, removed }, { rightEffective: true, now }).status).toBeNull()
  })
})
