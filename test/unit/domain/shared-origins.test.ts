import { expect, test } from 'vitest'
import type { EnrollmentOrigin } from '../../../domain/enrollment.ts'
import { SharedOrigins } from '../../../domain/shared-origins.ts'

const origin = (more: Partial<EnrollmentOrigin> = {}): EnrollmentOrigin => ({
  kind: 'policy',
  policy: 'staff',
  source: 'corp',
  attribute: 'emails',
  type: 'work',
  since: '2026-11-26T00:00:00.000Z',
  onUnmatch: 'suspend',
  ...more,
})

test('origins that are alike in everything are one list, others their own', () => {
  const shared = new SharedOrigins()
  const first = shared.share([origin()])
  expect(shared.share([origin()])).toBe(first)
  const others: Partial<EnrollmentOrigin>[] = [
    { kind: 'self' },
    { policy: 'guests' },
    { source: 'hr' },
    { attribute: 'phoneNumbers' },
    { type: null },
    { since: '2026-11-27T00:00:00.000Z' },
    { onUnmatch: 'remove' },
  ]
  for (const other of others) expect(shared.share([origin(other)])).toEqual([origin(other)])
  const several = [origin(), origin({ policy: 'guests' })]
  expect(shared.share(several)).toBe(several)
})

test('of more kinds than are kept each is still what was given', () => {
  const shared = new SharedOrigins()
  for (let turn = 0; turn < 2; turn += 1)
    for (let n = 0; n < 40; n += 1)
      expect(shared.share([origin({ policy: `p${n}` })])).toEqual([origin({ policy: `p${n}` })])
})
