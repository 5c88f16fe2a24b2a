import { SourceFault } from '../source-fault.ts'
import type { BerCursor } from './ber-cursor.ts'
import type { DecodedEntry, EntryDecoder } from './entry-decoder.ts'
import { describeResult } from './result-fault.ts'
import type { Search } from './search-request.ts'
import type { LdapSession, OnEntry, SearchAnswer } from './session.ts'

export interface ScanPage<Item> {
  readonly items: readonly Item[]
  readonly references: number
}

/** Pages without an entry are legal (some servers filter after paging), but not for ever. */
const emptyPagesAllowed = 10_000

export interface ScanOptions<Item> {
  readonly decoder: EntryDecoder
  /**
   * Called with an entry's bytes before they are decoded; answers its DN where the entry is known and nothing more is
   * wanted of it, else null. The cursor stays where it is.
   */
  readonly recognise?: (cursor: BerCursor, end: number) => string | null
  /** Called as an entry arrives, so that nothing of it has to live until its page ends. */
  readonly convert: (entry: DecodedEntry) => Item
  readonly pageSize: number
  /** Names the search in messages. */
  readonly what: string
  /** Asks for a page before the one before it is consumed: the connection is then busy until the end. */
  readonly readAhead: boolean
}

interface FetchedPage<Item> {
  readonly items: readonly Item[]
  readonly firstDn: string | null
  /** How the page ended; a fault where it did not. */
  readonly end: SearchAnswer | SourceFault
}

/**
 * Reads a search page by page. It ends normally only when every page ended with code 0 and the paging control, and
 * the last cookie was empty; everything else is a SourceFault, thrown after the entries that came before it.
 */
export async function* scanPages<Item>(
  session: LdapSession,
  search: Search,
  options: ScanOptions<Item>,
): AsyncGenerator<ScanPage<Item>, void, void> {
  const progress = new ScanProgress(`${session.host}: ${options.what}`)
  const fetch = (cookie: Buffer): Promise<FetchedPage<Item>> => fetchPage(session, search, options, cookie)
  let ahead: Promise<FetchedPage<Item>> | null = null
  for (let cookie: Buffer | null = Buffer.alloc(0); cookie !== null; ) {
    const page: FetchedPage<Item> = await (ahead ?? fetch(cookie))
    const next: Buffer | SourceFault | null = progress.check(page)
    ahead = options.readAhead && Buffer.isBuffer(next) ? fetch(next) : null
    // What is thrown is met when the page is asked for; until then it is nobody's unhandled rejection.
    ahead?.catch(() => {})
    yield { items: page.items, references: page.end instanceof SourceFault ? 0 : page.end.references }
    if (next instanceof SourceFault) throw next
    cookie = next
  }
}

/** Reads one entry by its name. Null where the server answers well and shows none. */
export async function readEntry(
  session: LdapSession,
  search: Search,
  decoder: EntryDecoder,
  what: string,
): Promise<DecodedEntry | null> {
  let entry: DecodedEntry | null = null
  const answer = await session.search(search, null, (cursor, end) => {
    entry = decoder.decode(cursor, end)
  })
  if (answer.code !== 0) throw describeResult(answer.code, answer.diagnostic, `${session.host}: ${what}`)
  if (answer.references > 0)
    throw new SourceFault('referral', `${session.host}: ${what}: the server refers to another server`)
  return entry
}

async function fetchPage<Item>(
  session: LdapSession,
  search: Search,
  options: ScanOptions<Item>,
  cookie: Buffer,
): Promise<FetchedPage<Item>> {
  const { decoder, recognise, convert, pageSize, what } = options
  const items: Item[] = []
  let firstDn: string | null = null
  let entries = 0
  const onEntry: OnEntry = (cursor, end) => {
    entries++
    // A server that ignores the page size would fill the memory with all that it has.
    if (entries > 2 * pageSize)
      throw new SourceFault('paging-dropped', `${session.host}: ${what}: the server ignores the page size`)
    const known = recognise?.(cursor, end) ?? null
    if (known !== null) {
      firstDn ??= known
      return
    }
    const entry = decoder.decode(cursor, end)
    firstDn ??= entry.dn
    items.push(convert(entry))
  }
  try {
    return { items, end: await session.search(search, { size: pageSize, cookie }, onEntry), firstDn }
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error
    return { items, end: error, firstDn }
  }
}

class ScanProgress {
  readonly #name: string
  readonly #firstNames = new Set<string>()
  #emptyPages = 0

  constructor(name: string) {
    this.#name = name
  }

  /** The cookie of the next page, null when this was the last one, or why the scan cannot go on. */
  check({ end, firstDn }: FetchedPage<unknown>): Buffer | SourceFault | null {
    if (end instanceof SourceFault) return end
    if (end.code !== 0) return describeResult(end.code, end.diagnostic, this.#name)
    if (end.cookie === null)
      return new SourceFault(
        'paging-dropped',
        `${this.#name}: an answer without the paging control: nothing says that it is whole`,
      )
    if (end.cookie.length === 0) return null
    return this.#findRepetition(firstDn) ?? end.cookie
  }

  #findRepetition(firstDn: string | null): SourceFault | null {
    this.#emptyPages = firstDn === null ? this.#emptyPages + 1 : 0
    const repeated = firstDn !== null && this.#firstNames.has(firstDn)
    if (firstDn !== null) this.#firstNames.add(firstDn)
    if (!repeated && this.#emptyPages <= emptyPagesAllowed) return null
    return new SourceFault('paging-repeated', `${this.#name}: the server sends the same page again and again`)
  }
}
