import type { Factor } from './factor.ts'
import { maskAddress } from './masked.ts'

/**
 * The addresses of one person, masked so that no two look alike: where masks are equal, characters in which the
 * addresses differ are shown, as few as tell them apart. In the order of the addresses.
 */
export function maskApart(factor: Factor, addresses: readonly string[]): readonly string[] {
  const masks = addresses.map((address) => maskAddress(factor, address))
  const shown = addresses.map((address) => shownPlaces(factor, address))
  for (;;) {
    const twins = findTwins(masks, addresses)
    if (twins.length === 0) return masks
    const place = differingPlace(twins.map((at) => addresses[at] ?? ''))
    for (const at of twins) {
      const places = shown[at] ?? new Set()
      if (place !== null) places.add(place)
      masks[at] = showPlaces(addresses[at] ?? '', places)
    }
  }
}

/** The first addresses that differ and look alike. */
function findTwins(masks: readonly string[], addresses: readonly string[]): readonly number[] {
  for (const mask of new Set(masks)) {
    const alike = masks.flatMap((other, at) => (other === mask ? [at] : []))
    if (new Set(alike.map((at) => addresses[at])).size > 1) return alike
  }
  return []
}

/** From the end, where numbers differ most; null where only the lengths differ, which a mask by places shows. */
function differingPlace(addresses: readonly string[]): number | null {
  const length = Math.max(...addresses.map((address) => [...address].length))
  const sameLength = addresses.every((address) => [...address].length === length)
  if (!sameLength) return null
  for (let place = length - 1; place >= 0; place -= 1) {
    if (new Set(addresses.map((address) => [...address][place])).size > 1 && !isShown(place, addresses))
      return place
  }
  return null
}

/** A mailbox's domain is always shown, so it never tells twins apart. */
function isShown(place: number, addresses: readonly string[]): boolean {
  return addresses.every((address) => {
    const at = [...address].lastIndexOf('@')
    return at > 0 && place >= at
  })
}

function shownPlaces(factor: Factor, address: string): Set<number> {
  const characters = [...address]
  const at = factor === 'otp-email' ? characters.lastIndexOf('@') : -1
  if (factor === 'otp-sms') {
    const places = characters.length < 8 ? [] : [0, 1, 2, characters.length - 2, characters.length - 1]
    return new Set(places)
  }
  const domain = characters.flatMap((_, place) => (at >= 0 && place >= at ? [place] : []))
  return new Set([0, ...(at >= 4 ? [at - 1] : []), ...domain])
}

function showPlaces(address: string, places: ReadonlySet<number>): string {
  return [...address].map((character, place) => (places.has(place) ? character : '•')).join('')
}
