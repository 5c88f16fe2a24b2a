import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskApart } from '../../../domain/challenge-masks.ts'
import type { Factor } from '../../../domain/factor.ts'
import { maskAddress } from '../../../domain/masked.ts'

const number = fc.stringMatching(/^\+4915[0-9]{8,10}$/)
const mailbox = fc.stringMatching(/^[ab]{1,6}@(x|y)\.org$/)

describe('masks of one person', () => {
  test.each([
    ['otp-sms', number],
    ['otp-email', mailbox],
  ] as const)(
    'differ where the addresses of %s do, and show no whole address without need',
    (factor, address) => {
      fc.assert(
        fc.property(fc.uniqueArray(address, { maxLength: 6 }), (addresses) => {
          const masks = maskApart(factor as Factor, addresses)
          expect(new Set(masks).size).toBe(addresses.length)
          for (const [at, mask] of masks.entries()) {
            // What is shown is the address's own, in place.
            const own = addresses[at] ?? ''
            if (mask.length === own.length)
              expect([...mask].every((c, i) => c === '•' || c === own[i])).toBe(true)
          }
        }),
      )
    },
  )

  test('are the usual ones where those differ', () => {
    const addresses = ['+4915112345642', '+4915112345643']
    expect(maskApart('otp-sms', addresses)).toEqual(addresses.map((one) => maskAddress('otp-sms', one)))
  })

  test('show one place more where one tells them apart', () => {
    expect(maskApart('otp-sms', ['+4915112340042', '+4915112350042', '+4915112340043'])).toEqual([
      '+49••••••4••42',
      '+49••••••5••42',
      '+49•••••••••43',
    ])
    expect(maskApart('otp-email', ['anna@x.org', 'alma@x.org'])).toEqual(['a•na@x.org', 'a•ma@x.org'])
    expect(maskApart('otp-email', ['ab@x.org', 'abc@x.org', 'acc@x.org'])).toEqual([
      'a•@x.org',
      'ab•@x.org',
      'ac•@x.org',
    ])
  })
})
