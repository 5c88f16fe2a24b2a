import type { Address } from './address.ts'
import type { EnrollmentWish } from './decision.ts'

/** An address that can be enrolled: it has a key. */
export type EnrollableAddress = Address & { readonly key: string }

export interface AddressChoice {
  /** By key, each key once. */
  readonly taken: readonly EnrollableAddress[]
  /** Left out by `max`, by key; reported as `over-limit`. */
  readonly overLimit: readonly EnrollableAddress[]
}

/**
 * Which candidates a wish takes (architecture rule 3): those that are enrolled and still there, then the primary
 * one, then the smallest key, as many as `take` and `max` allow. The order of the candidates never matters.
 * `first` and `primary` both take one, in that order of preference, so a `primary` flag that wanders never moves an
 * enrollment. `max` leaves out only what `all` would have taken.
 */
export function chooseAddresses(
  wish: Pick<EnrollmentWish, 'candidates' | 'take' | 'max'>,
  enrolledKeys: ReadonlySet<string>,
): AddressChoice {
  const distinct = collapseByKey(wish.candidates)
  const limit = Math.min(wish.max ?? distinct.length, wish.take === 'all' ? distinct.length : 1)
  if (distinct.length < 2 && limit === distinct.length) return { taken: distinct, overLimit: [] }
  const ranked = [...distinct].sort(
    (a, b) =>
      Number(enrolledKeys.has(b.key)) - Number(enrolledKeys.has(a.key)) ||
      Number(b.primary) - Number(a.primary) ||
      compareText(a.key, b.key),
  )
  return {
    taken: ranked.slice(0, limit).sort(byKey),
    overLimit: wish.take === 'all' ? ranked.slice(limit).sort(byKey) : [],
  }
}

/**
 * One address for each key. Where several say the same address, the one with the better trust stands for them
 * (`asserted` over `claimed`: one source that vouches is enough), then the primary one, then the smallest source,
 * type and text; it is primary if any of them is. Addresses without a key are left out.
 */
export function collapseByKey(addresses: readonly Address[]): readonly EnrollableAddress[] {
  const enrollable = addresses.filter(isEnrollable)
  // Most people have one address of a kind.
  if (enrollable.length < 2) return enrollable
  const groups = new Map<string, EnrollableAddress[]>()
  for (const address of enrollable) {
    const group = groups.get(address.key)
    if (group === undefined) groups.set(address.key, [address])
    else group.push(address)
  }
  return [...groups.values()].map(standFor)
}

/** Orders texts by code unit, the same everywhere. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function byKey(a: EnrollableAddress, b: EnrollableAddress): number {
  return compareText(a.key, b.key)
}

function isEnrollable(address: Address): address is EnrollableAddress {
  return address.key !== null
}

function standFor(group: readonly EnrollableAddress[]): EnrollableAddress {
  const best = group.reduce((a, b) => (compareVouching(a, b) <= 0 ? a : b))
  return best.primary || group.every((address) => !address.primary) ? best : { ...best, primary: true }
}

function compareVouching(a: Address, b: Address): number {
  return (
    Number(a.trust === 'claimed') - Number(b.trust === 'claimed') ||
    Number(b.primary) - Number(a.primary) ||
    compareText(a.source, b.source) ||
    compareText(a.type ?? '', b.type ?? '') ||
    compareText(a.value, b.value)
  )
}
