import { type Entry, normalizeName } from './entry.ts'
import { compileFilter } from './filter.ts'
import type { Reply } from './reply.ts'
import type { SearchRequest } from './request.ts'

const noSuchObject = 32

/** Entries by the key of their name, in the order of the LDIF. */
export type Entries = ReadonlyMap<string, Entry>

/** Answers a search as a directory does: matching entries, selected attributes, one page where pages are asked for. */
export function answerSearch(entries: Entries, request: SearchRequest, reply: Reply): void {
  if (request.base === '' && request.scope === 'base') {
    sendRoot(entries, request, reply)
    return
  }
  const base = normalizeName(request.base)
  if (!entries.has(base)) {
    reply.sendDone('search', { code: noSuchObject })
    return
  }
  const matches = compileFilter(request.filter)
  const found = [...entries.values()].filter(
    (entry) => isInScope(entry, base, request.scope) && matches(entry),
  )
  const start = Number(request.paging?.cookie.toString('latin1') || 0)
  const end = request.paging ? Math.min(start + request.paging.size, found.length) : found.length
  for (const entry of found.slice(start, end))
    reply.sendEntry(entry.dn, selectAttributes(entry, request.attributes))
  const cookie = Buffer.from(end < found.length ? String(end) : '', 'latin1')
  reply.sendDone('search', request.paging ? { cookie } : {})
}

/** What a server says of itself (RFC 4512 section 5.1). */
function sendRoot(entries: Entries, request: SearchRequest, reply: Reply): void {
  const contexts = [...entries.values()]
    .filter((entry) => !entries.has(entry.parent))
    .map((entry) => entry.dn)
  const root: Record<string, readonly string[]> = {
    objectClass: ['top'],
    vendorName: ['Muster sample directory'],
    namingContexts: contexts,
    supportedControl: ['1.2.840.113556.1.4.319'],
    supportedLDAPVersion: ['3'],
  }
  const wanted = new Set(request.attributes.map((name) => name.toLowerCase()))
  const all = wanted.size === 0 || wanted.has('*') || wanted.has('+')
  const selected = Object.entries(root).filter(([name]) => all || wanted.has(name.toLowerCase()))
  reply.sendEntry('', Object.fromEntries(selected))
  reply.sendDone('search', request.paging ? { cookie: Buffer.alloc(0) } : {})
}

function isInScope(entry: Entry, base: string, scope: SearchRequest['scope']): boolean {
  if (scope === 'base') return entry.key === base
  if (scope === 'one') return entry.parent === base
  return entry.key === base || entry.key.endsWith(`,${base}`)
}

/** `*` and an empty list are all user attributes, `+` all operational ones, `1.1` none (RFC 4511 section 4.5.1.8). */
function selectAttributes(entry: Entry, requested: readonly string[]): Record<string, readonly Buffer[]> {
  const wanted = new Set(requested.map((name) => name.toLowerCase()))
  const user = wanted.size === 0 || wanted.has('*')
  const selected: Record<string, readonly Buffer[]> = {}
  for (const [lower, { name, values, operational }] of entry.attributes)
    if (wanted.has(lower) || (operational ? wanted.has('+') : user)) selected[name] = values
  return selected
}
