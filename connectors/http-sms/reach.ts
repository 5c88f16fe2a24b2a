import { connect as connectPlain, isIP } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import type { Network } from './config.ts'
import { pinHost } from './network-guard.ts'

/**
 * Opens a connection, with TLS where the address has it, and closes it. Throws what the resolver, the guard or the
 * socket throws.
 */
export async function reachHost(url: URL, network: Network, signal: AbortSignal): Promise<void> {
  const lookup = await pinHost(url, network)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const secure = url.protocol === 'https:'
  const target = { host, port: Number(url.port || (secure ? 443 : 80)), lookup }
  await new Promise<void>((resolve, reject) => {
    const socket = secure
      ? connectSecure({ ...target, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connectPlain(target)
    const abort = () => socket.destroy(new Error('nobody waits any more'))
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', reject)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      resolve()
    })
  })
}
