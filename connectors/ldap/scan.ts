import { SourceFault } from '../source-fault.ts'
import { BerCursor, BerError } from './ber-cursor.ts'
import type { DecodedEntry, EntryDecoder } from './entry-decoder.ts'
import { describeResult } from './result-fault.ts'
import type { Search } from './search-request.ts'
import type { LdapSession, OnEntry, SearchAnswer } from './session.ts'

export interface ScanPage<Item> {
  /** How many entries came. */
  readonly entries: number
  /** To be gone through once. Throws SourceFault where an entry cannot be decoded: those before it are good. */
  readonly items: Iterable<Item>
  readonly references: number
}

/** Pages without an entry are legal (some servers filter after paging), but not for ever. */
const emptyPagesAllowed = 10_000

export interface ScanOptions<Item> {
  readonly decoder: EntryDecoder
  /**
   * Called with an entry's bytes before they are decoded; answers whether the entry is known and nothing more is wanted
   * of it. The cursor stays where it is.
   */
  readonly recognise?: (cursor: BerCursor, end: number) => boolean
  readonly convert: (entry: DecodedEntry) => Item
  /**
   * `arrival`: an entry is decoded as it arrives, so that its bytes need not be kept: of a group they are far more than
   * what is made of them. `need`: when its item is taken, so that what is made of it does not live until its page ends.
   */
  readonly decodeAt: 'arrival' | 'need'
  readonly pageSize: number
  /** Names the search in messages. */
  readonly what: string
  /** Asks for a page before the one before it is consumed: the connection is then busy until the end. */
  readonly readAhead: boolean
}

/** An entry that is not decoded: its bytes, from its content's start to its end. */
interface RawEntry {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

interface FetchedPage<Item> {
  readonly entries: number
  readonly items: Iterable<Item>
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
    const { items, entries, end } = page
    yield { items, entries, references: end instanceof SourceFault ? 0 : end.references }
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
  const { decodeAt, pageSize, what } = options
  const decode = decoderOf(options)
  const decoded: Item[] = []
  const raw: RawEntry[] = []
  let firstDn: string | null = null
  let entries = 0
  const onEntry: OnEntry = (cursor, end) => {
    entries++
    // A server that ignores the page size would fill the memory with all that it has.
    if (entries > 2 * pageSize)
      throw new SourceFault('paging-dropped', `${session.host}: ${what}: the server ignores the page size`)
    firstDn ??= new BerCursor(cursor.bytes, cursor.position).readText(end)
    if (decodeAt === 'need') raw.push({ bytes: cursor.bytes, start: cursor.position, end })
    else decoded.push(...decode(cursor, end))
  }
  const items = decodeAt === 'need' ? decodeEach(session, raw, decode) : decoded
  try {
    const end = await session.search(search, { size: pageSize, cookie }, onEntry)
    return { items, entries, end, firstDn }
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error
    return { items, entries, end: error, firstDn }
  }
}

/** The item of an entry; none where it is known. */
type Decode<Item> = (cursor: BerCursor, end: number) => readonly [Item] | readonly []

function decoderOf<Item>({ decoder, recognise, convert }: ScanOptions<Item>): Decode<Item> {
  return (cursor, end) => {
    const isKnown = recognise?.(cursor, end) ?? false
    return isKnown ? [] : [convert(decoder.decode(cursor, end))]
  }
}

function* decodeEach<Item>(
  session: LdapSession,
  raw: readonly RawEntry[],
  decode: Decode<Item>,
): Generator<Item, void, void> {
  for (const { bytes, start, end } of raw) {
    let items: ReturnType<Decode<Item>>
    try {
      items = decode(new BerCursor(bytes, start), end)
    } catch (error) {
      throw error instanceof BerError ? session.describeUndecodable(error) : error
    }
    yield* items
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
