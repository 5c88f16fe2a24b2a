import type { SourceTest } from '../connector.ts'
import { SourceFault } from '../source-fault.ts'
import { type DecodedEntry, EntryDecoder } from './entry-decoder.ts'
import { encodeFilter, FilterSyntaxError } from './filter.ts'
import { checkBase, describeServer, openSession } from './open-session.ts'
import type { ReaderSettings } from './reader.ts'
import { scanPages } from './scan.ts'
import type { Search } from './search-request.ts'
import type { LdapSession } from './session.ts'

/** Entries looked at: enough to see whether the mapping fits, few enough for any server. */
const sampleSize = 50

/** Connects, binds and looks at the first people and groups. Never throws for what the server does. */
export async function testDirectory(settings: ReaderSettings, signal: AbortSignal): Promise<SourceTest> {
  let server: string | null = null
  let session: LdapSession | null = null
  try {
    session = await openSession(settings.urls, settings.connect, signal)
    server = await describeServer(session)
    const message = await describeContent(session, settings)
    return { ok: true, server, message }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SourceFault || error instanceof FilterSyntaxError)
      return { ok: false, server, message: error.message }
    throw error
  } finally {
    session?.close()
  }
}

async function describeContent(session: LdapSession, settings: ReaderSettings): Promise<string> {
  const { people, groups, domainScope } = settings.scope
  const names = settings.slots.names.filter((name) => name.toLowerCase() !== 'dn')
  const entries = await readSample(session, {
    ...people,
    filter: encodeFilter(people.filter),
    attributes: names,
    domainScope,
  })
  if (entries.length === 0 && !settings.allowEmpty)
    throw new SourceFault(
      'empty',
      `${people.base}: nobody matches ${people.filter}, or the account may not see them`,
    )
  const absent = names.filter((_, slot) => entries.every((entry) => entry.values[slot] === undefined))
  const sentences = [`${countUp(entries.length, 'person', 'people')} found under ${people.base}`]
  if (groups) {
    const attributes = [groups.name, groups.member]
    const found = await readSample(session, {
      ...groups,
      filter: encodeFilter(groups.filter),
      attributes,
      domainScope,
    })
    if (found.length === 0 && !groups.allowEmpty)
      throw new SourceFault(
        'empty',
        `${groups.base}: no group matches ${groups.filter}, or the account may not see them`,
      )
    sentences.push(`${countUp(found.length, 'group', 'groups')} under ${groups.base}`)
  }
  if (entries.length > 0 && absent.length > 0) sentences.push(`none of these people has ${absent.join(', ')}`)
  return sentences.join('; ')
}

async function readSample(session: LdapSession, search: Search): Promise<readonly DecodedEntry[]> {
  await checkBase(session, search.base)
  const decoder = new EntryDecoder(search.attributes, true)
  const pages = scanPages(session, search, {
    decoder,
    convert: (entry) => entry,
    pageSize: sampleSize,
    what: search.base,
    readAhead: false,
    decodeAt: 'arrival',
  })
  for await (const page of pages) if (page.entries > 0) return [...page.items]
  return []
}

function countUp(count: number, one: string, many: string): string {
  return `${count === sampleSize ? `${count} or more` : count} ${count === 1 ? one : many}`
}
