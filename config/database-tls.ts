import { isLoopback } from '../connectors/loopback.ts'

/** How PostgreSQL is spoken to: in clear text, or over TLS with its certificate verified in part or wholly. */
export type DatabaseTlsMode = 'disable' | 'verify-ca' | 'verify-full'

const modes: ReadonlySet<string> = new Set<DatabaseTlsMode>(['disable', 'verify-ca', 'verify-full'])

/**
 * What holds where the configuration names no mode: `sslmode` of the URL, else clear text on this machine and a
 * verified server elsewhere. The URL is well formed.
 */
export function chooseTlsMode(url: string): DatabaseTlsMode {
  const { hostname, searchParams } = new URL(url)
  const named = searchParams.get('sslmode')
  if (named !== null && isTlsMode(named)) return named
  return isLocal(hostname, searchParams) ? 'disable' : 'verify-full'
}

/** A sentence that says what is wrong with the TLS parameters of a URL, or null. It repeats no more than their names. */
export function findTlsFault(url: string): string | null {
  const { searchParams } = new URL(url)
  const mode = searchParams.get('sslmode')
  if (mode !== null && !isTlsMode(mode))
    return 'The sslmode of the database URL is none of disable, verify-ca and verify-full: the others do not verify whom they talk to.'
  const more = [...searchParams.keys()].find(
    (name) => name !== 'sslmode' && /^ssl|^uselibpqcompat$/.test(name),
  )
  if (more === undefined) return null
  return `The database URL says "${more}", which is not read: use database.tls.`
}

function isTlsMode(text: string): text is DatabaseTlsMode {
  return modes.has(text)
}

/** A socket of this machine, or its own addresses. */
function isLocal(hostname: string, parameters: URLSearchParams): boolean {
  const host = parameters.get('host') ?? decodeURIComponent(hostname)
  return host === '' || host.startsWith('/') || isLoopback(host)
}
