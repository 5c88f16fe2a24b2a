import { lookup as resolveHost } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { Network } from './config.ts'

/** Ranges of addresses: `10.0.0.0/8 …`. */
function listOf(v4: string, v6: string): BlockList {
  const list = new BlockList()
  for (const [family, ranges] of [
    ['ipv4', v4],
    ['ipv6', v6],
  ] as const)
    for (const range of ranges.split(' ').filter(Boolean)) {
      const [net = '', prefix = ''] = range.split('/')
      list.addSubnet(net, Number(prefix), family)
    }
  return list
}

const loopback = listOf('127.0.0.0/8', '::1/128')

/** RFC 1918, RFC 6598, RFC 4193. */
const privateNets = listOf('10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10', 'fc00::/7')

/** What nobody on the internet answers from (RFC 6890 and its registries): link-local with the clouds' metadata, too. */
const special = listOf(
  '0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
  // 6to4, Teredo and the documentation ranges; what is outside 2000::/3 is refused anyway.
  '2001::/23 2001:db8::/32 2002::/16 3fff::/20',
)
const global6 = listOf('', '2000::/3')

/** Whether a message may go to an address, by what the operator allows. */
export function isAllowed(address: string, network: Network): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  // An IPv4 address in IPv6 clothes (::ffff:10.0.0.1) is refused: no resolver has a reason to answer one.
  if (isIP(address) === 0 || (family === 'ipv6' && /^::ffff:/i.test(address))) return false
  if (network === 'loopback') return loopback.check(address, family)
  if (privateNets.check(address, family)) return network === 'private'
  if (special.check(address, family)) return false
  return family === 'ipv4' || global6.check(address, family)
}

/** A host resolved to an address that is not allowed. */
export class RefusedAddress extends Error {}

/**
 * Resolves a host and gives back a lookup that knows this one answer: what was checked is what is connected to,
 * whatever the name service says next (DNS rebinding). One address that is not allowed refuses the host. Throws
 * `RefusedAddress`, and what the resolver throws.
 */
export async function pinHost(url: URL, network: Network): Promise<LookupFunction> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = await resolveHost(host, { all: true })
  if (addresses.length === 0 || !addresses.every(({ address }) => isAllowed(address, network)))
    throw new RefusedAddress()
  return (_, options, callback) => {
    const [first] = addresses
    if (options.all) callback(null, addresses)
    else callback(null, first?.address ?? '', first?.family)
  }
}
