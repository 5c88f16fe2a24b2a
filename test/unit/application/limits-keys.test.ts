import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressHash, deriveAddressKey } from '../../../application/limits/address-hash.ts'
import { destinationOf, prefixesOf } from '../../../application/limits/address-limits.ts'
import { networkOf } from '../../../application/limits/network-of.ts'
import { rateKeysOf, slotOf, slotsOf } from '../../../application/limits/rate-keys.ts'
import { defaultLimits } from '../../../domain/limit-settings.ts'

describe('a destination', () => {
  it.each([
    ['ann+tag@example.com', 'ann@example.com'],
    ['ann+a+b@example.com', 'ann@example.com'],
    ['+ann@example.com', '+ann@example.com'],
    ['ann@exa+mple.com', 'ann@exa+mple.com'],
  ])('of %s is %s', (key, destination) => {
    expect(destinationOf({ channel: 'email', key })).toBe(destination)
  })

  it('of a number is the number, whose prefixes lack 4 and 6 digits', () => {
    expect(destinationOf({ channel: 'sms', key: '+33612345678' })).toBe('+33612345678')
    expect(prefixesOf({ channel: 'sms', key: '+33612345678' })).toEqual(['+3361234', '+33612'])
    expect(prefixesOf({ channel: 'email', key: 'a@example.com' })).toBeNull()
  })
})

describe('a network', () => {
  it.each([
    ['192.0.2.77', '192.0.2'],
    ['::ffff:192.0.2.77', '192.0.2'],
    ['::ffff:c000:24d', '192.0.2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::', '2001:db8:1:2'],
    ['2001:0db8::1', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ])('of %s is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })

  it('of what is no address is none', () => {
    for (const text of ['', 'localhost', '192.0.2', '192.0.2.1, 10.0.0.1', '1:2:3'])
      expect(networkOf(text)).toBeNull()
  })

  it('is the same for every host of a /64', () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const network = networkOf(ip)
        // An IPv4-mapped one is the only IPv6 writing whose network is not four groups.
        expect(network?.split(':').length === 4 || network?.split('.').length === 3).toBe(true)
      }),
    )
  })
})

describe('the keys of limits', () => {
  const keys = { active: 'k1', key: (id: string) => (id === 'k1' ? Buffer.alloc(32, 1) : null) }
  const addressKey = deriveAddressKey(keys)

  it('hide the address behind a key that is not the master key', () => {
    expect(addressHash(addressKey, '+33612345678')).not.toBe(addressHash(Buffer.alloc(32, 1), '+33612345678'))
    expect(addressHash(addressKey, '+33612345678')).toMatch(/^[\w-]{22}$/)
    expect(() => deriveAddressKey({ ...keys, active: 'k2' })).toThrow('key ring')
  })

  it('hold as many steps as they count, to the microsecond', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 249 }),
        fc.integer({ min: 1000, max: 86_400_000 }),
        (count, per) => {
          const settings = { ...defaultLimits, client: { count, per } }
          const address = { channel: 'sms', key: '+33612345678', proven: true, addressKey } as const
          const sender = {
            identityId: '0198c0de-0000-7000-8000-000000000001',
            client: 'c',
            ip: null,
            country: 'FR',
          }
          const client = rateKeysOf(settings, address, sender).find(({ limit }) => limit === 'client')
          expect(client?.step).toBeGreaterThan(0)
          expect((client?.step ?? 0) * count).toBeLessThanOrEqual(client?.depth ?? 0)
          expect((client?.step ?? 0) * (count + 1)).toBeGreaterThan(client?.depth ?? 0)
        },
      ),
    )
  })

  it('are kept in parts only where many share them', () => {
    expect([1, 249, 499, 500, 1000, 1_000_000].map(slotsOf)).toEqual([1, 1, 1, 2, 4, 16])
    expect(slotOf('not-an-id', 4)).toBeLessThan(4)
  })
})
