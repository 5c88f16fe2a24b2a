/** How a request names a resource that it creates itself (RFC 7644 section 3.7.2). */
const prefix = 'bulkId:'

/** The bulkIds that an operation refers to, in its path and anywhere in its data. */
export function referencesIn(path: string, data: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  for (const part of path.split('/')) note(part, found)
  collect(data, found)
  return found
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') note(value, found)
  else if (typeof value === 'object' && value !== null)
    for (const member of Object.values(value)) collect(member, found)
}

function note(text: string, found: Set<string>): void {
  // A PATCH may name a member inside a path: members[value eq "bulkId:x"].
  if (text.startsWith(prefix)) found.add(text.slice(prefix.length))
  else for (const [, bulkId = ''] of text.matchAll(quoted)) found.add(bulkId)
}

const quoted = /"bulkId:([^"\\]+)"/g

/** Texts with ids in the place of the references that `ids` knows; the rest stays as it is. */
export function resolveText(text: string, ids: ReadonlyMap<string, string>): string {
  if (text.startsWith(prefix)) return ids.get(text.slice(prefix.length)) ?? text
  return text.includes(prefix)
    ? text.replace(quoted, (whole, bulkId: string) => {
        const id = ids.get(bulkId)
        return id === undefined ? whole : `"${id}"`
      })
    : text
}

/** Data with ids in the place of references. */
export function resolveData(data: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof data === 'string') return resolveText(data, ids)
  if (Array.isArray(data)) return data.map((member) => resolveData(member, ids))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, member]) => [key, resolveData(member, ids)]))
}

/**
 * Data without what refers to these bulkIds: the whole value goes that says one (a member, a manager), and nothing
 * around it.
 */
export function withoutReferences(data: unknown, bulkIds: ReadonlySet<string>): unknown {
  if (bulkIds.size === 0) return data
  const cut = cutReferences(data, bulkIds, true)
  return cut === gone ? {} : cut
}

const gone = Symbol('gone')

function cutReferences(value: unknown, bulkIds: ReadonlySet<string>, top: boolean): unknown {
  if (typeof value === 'string')
    return value.startsWith(prefix) && bulkIds.has(value.slice(prefix.length)) ? gone : value
  if (Array.isArray(value))
    return value.map((member) => cutReferences(member, bulkIds, false)).filter((member) => member !== gone)
  if (typeof value !== 'object' || value === null) return value
  const entries: [string, unknown][] = []
  for (const [key, member] of Object.entries(value)) {
    const cut = cutReferences(member, bulkIds, false)
    if (cut !== gone) entries.push([key, cut])
    else if (typeof member === 'string' && !top) return gone
  }
  return Object.fromEntries(entries)
}
