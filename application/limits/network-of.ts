import { isIP } from 'node:net'

/**
 * The network that one party is likely to hold: the /24 of an IPv4 address, the /64 of an IPv6 one (RFC 6177), in one
 * writing. Null for what is no address.
 */
export function networkOf(ip: string): string | null {
  const [address = ''] = ip.split('%')
  const kind = isIP(address)
  if (kind === 0) return null
  if (kind === 4) return address.split('.').slice(0, 3).join('.')
  const groups = groupsOf(address)
  const [, , , , , mark, high = 0, low = 0] = groups
  // ::ffff:192.0.2.1 is an IPv4 address in the writing of IPv6 (RFC 4291 section 2.5.5.2).
  if (mark === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return [high >> 8, high & 255, low >> 8].join('.')
  }
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::')
  const left = groupsIn(head)
  if (tail === undefined) return left
  const right = groupsIn(tail)
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
}

function groupsIn(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
