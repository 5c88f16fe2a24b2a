import type { LimitName, LimitSettings, RateLimit } from '../../domain/limit-settings.ts'
import { addressHash } from './address-hash.ts'
import { type AddressParts, destinationOf, prefixesOf } from './address-limits.ts'
import { networkOf } from './network-of.ts'

/** One counter that a message is counted by. */
export interface RateKey {
  readonly limit: LimitName
  readonly key: string
  /** Microseconds that one message takes of it. */
  readonly step: number
  /** Microseconds that it holds: a message that would go beyond is refused. */
  readonly depth: number
}

/** Who asks for a message, from where, to where. */
export interface Sender {
  readonly identityId: string
  readonly client: string
  readonly ip: string | null
  /** Of a number, ISO 3166-1 alpha-2; null for a mailbox. */
  readonly country: string | null
}

/** An address as it is counted. */
export interface CountedAddress extends AddressParts {
  /** Whether the person has typed a code from it before: all others are counted apart. */
  readonly proven: boolean
  readonly addressKey: Buffer
}

type NamedRate = {
  readonly [Name in LimitName]: LimitSettings[Name] extends RateLimit ? Name : never
}[LimitName]

/** Every counter of a message. */
export function rateKeysOf(
  settings: LimitSettings,
  address: CountedAddress,
  sender: Sender,
): readonly RateKey[] {
  const { identityId, client, ip, country } = sender
  const one = (limit: NamedRate, what: string) => rateKey(settings, address.proven, limit, what)
  const spread = (limit: NamedRate, what: string) => {
    const slots = slotsOf(settings[limit].count)
    const { count, per } = settings[limit]
    return spreadKey(one(limit, `${what}/${slotOf(identityId, slots)}.${slots}`), {
      count: Math.floor(count / slots),
      per,
    })
  }
  const network = ip === null ? null : networkOf(ip)
  return [
    ...addressKeysOf(settings, address),
    one('identityHour', identityId),
    one('identityDay', identityId),
    spread('client', client),
    ...(network === null ? [] : [spread('network', addressHash(address.addressKey, network))]),
    ...(address.channel === 'email' || country === null ? [] : [spread('country', country)]),
  ]
}

/** The counters that hang on the address alone: a message whose code was typed is given back to them. */
export function addressKeysOf(settings: LimitSettings, address: CountedAddress): readonly RateKey[] {
  const { addressKey, proven } = address
  const destination = addressHash(addressKey, destinationOf(address))
  const prefixes = prefixesOf(address)
  const one = (limit: NamedRate, what: string) => rateKey(settings, proven, limit, what)
  return [
    one('destinationHour', destination),
    one('destinationDay', destination),
    ...(prefixes === null
      ? []
      : [
          one('prefix', addressHash(addressKey, prefixes[0])),
          one('widePrefix', addressHash(addressKey, prefixes[1])),
        ]),
  ]
}

function rateKey(settings: LimitSettings, proven: boolean, limit: NamedRate, what: string): RateKey {
  return spreadKey({ limit, key: `${limit}/${proven ? 'p' : 'u'}/${what}` }, settings[limit])
}

/** Whole microseconds, rounded down, so that `count` steps always fit. */
function spreadKey({ limit, key }: Pick<RateKey, 'limit' | 'key'>, { count, per }: RateLimit): RateKey {
  return { limit, key, step: Math.floor((per * 1000) / count), depth: per * 1000 }
}

/**
 * A counter that many senders share is kept in parts, because each of them holds its row until its commit is on disk.
 * The parts together never let more through than the whole; the last few percent may be refused early.
 */
export function slotsOf(count: number): number {
  return Math.min(16, Math.max(1, Math.floor(count / 250)))
}

/** The part that an identity is counted in. */
export function slotOf(identityId: string, slots: number): number {
  const tail = Number.parseInt(identityId.replaceAll('-', '').slice(-6), 16)
  return (Number.isNaN(tail) ? 0 : tail) % slots
}
