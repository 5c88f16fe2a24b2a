import type { ReadFaultCode } from '../../domain/source-row.ts'
import { SourceFault } from '../source-fault.ts'
import { type ConnectSettings, connectTo } from './connect.ts'
import { EntryDecoder } from './entry-decoder.ts'
import { anyEntry, encodeFilter } from './filter.ts'
import { readEntry } from './scan.ts'
import type { LdapSession } from './session.ts'

/** Faults of one server; the next may do better. A refused bind is not among them: trying again locks accounts. */
const nextServerHelps: ReadonlySet<ReadFaultCode> = new Set([
  'unreachable',
  'tls-failed',
  'starttls-refused',
  'silent',
  'closed',
  'reconnected',
  'undecodable',
])

/**
 * Connects to the first server that can be used. The session ends when the signal is aborted, with its reason.
 * Throws SourceFault that names every server tried.
 */
export async function openSession(
  urls: readonly string[],
  settings: ConnectSettings,
  signal: AbortSignal,
): Promise<LdapSession> {
  const faults: SourceFault[] = []
  for (const url of urls) {
    const tried = await tryServer(url, settings, signal)
    if (!(tried instanceof SourceFault)) return tried
    faults.push(tried)
    if (!nextServerHelps.has(tried.code)) break
  }
  const [first] = faults
  if (!first) throw new SourceFault('unreachable', 'no server is configured')
  if (faults.length === 1) throw first
  const last = faults[faults.length - 1] ?? first
  const code = nextServerHelps.has(last.code) ? first.code : last.code
  throw new SourceFault(code, faults.map((fault) => fault.message).join('; '), first)
}

async function tryServer(
  url: string,
  settings: ConnectSettings,
  signal: AbortSignal,
): Promise<LdapSession | SourceFault> {
  try {
    const session = await connectTo(url, settings, signal)
    signal.addEventListener('abort', () => session.destroy(signal.reason), { once: true })
    return session
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SourceFault) return error
    throw error
  }
}

const rootAttributes = [
  'vendorName',
  'vendorVersion',
  'objectClass',
  'dnsHostName',
  'rootDomainNamingContext',
]

/** Who answers: the vendor, as far as the server says so, and its address. */
export async function describeServer(session: LdapSession): Promise<string> {
  const decoder = new EntryDecoder(rootAttributes, true)
  const search = {
    base: '',
    scope: 'base' as const,
    filter: encodeFilter(anyEntry),
    attributes: rootAttributes,
  }
  const root = await readEntry(session, search, decoder, 'the root entry').catch((error) => {
    // Some servers hide it from everybody; a connection that broke is met again by the next search.
    if (error instanceof SourceFault) return null
    throw error
  })
  const [vendor, version, classes, , forest] = root?.values ?? []
  const known = classes?.includes('OpenLDAProotDSE')
    ? 'OpenLDAP'
    : forest
      ? 'Active Directory'
      : 'LDAP server'
  const name = [vendor?.[0] ?? known, version?.[0]].filter(Boolean).join(' ')
  return `${name} at ${session.host}`
}

/** Throws SourceFault unless the entry at `base` is there and can be seen. */
export async function checkBase(session: LdapSession, base: string): Promise<void> {
  const search = { base, scope: 'base' as const, filter: encodeFilter(anyEntry), attributes: ['1.1'] }
  const entry = await readEntry(session, search, new EntryDecoder([], true), base)
  if (!entry)
    throw new SourceFault(
      'base-not-found',
      `${session.host}: ${base}: the account that reads may not see this base`,
    )
}
