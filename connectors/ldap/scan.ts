import { SourceFault } from '../source-fault.ts'
import type { DecodedEntry, EntryDecoder } from './entry-decoder.ts'
import { describeResult } from './result-fault.ts'
import type { Search } from './search-request.ts'
import type { LdapSession, SearchAnswer } from './session.ts'

export interface ScanPage {
  readonly entries: readonly DecodedEntry[]
  readonly references: number
}

interface FetchedPage {
  readonly entries: readonly DecodedEntry[]
  readonly answer: SearchAnswer
}

/** Pages without an entry are legal (some servers filter after paging), but not for ever. */
const emptyPagesAllowed = 10_000

export interface ScanOptions {
  readonly decoder: EntryDecoder
  readonly pageSize: number
  /** Names the search in messages. */
  readonly what: string
  /** Asks for a page before the one before it is consumed: the connection is then busy until the end. */
  readonly readAhead: boolean
}

/**
 * Reads a search page by page. It ends normally only when every page ended with
 * code 0 and the paging control, and the last cookie was empty; everything else is a SourceFault.
 */
export async function* scanPages(
  session: LdapSession,
  search: Search,
  options: ScanOptions,
): AsyncGenerator<ScanPage, void, void> {
  const progress = new ScanProgress(`${session.host}: ${options.what}`)
  const fetch = (cookie: Buffer): Promise<FetchedPage> => fetchPage(session, search, { ...options, cookie })
  let ahead: Promise<FetchedPage> | null = null
  for (let cookie: Buffer | null = Buffer.alloc(0); cookie !== null; ) {
    const { entries, answer }: FetchedPage = await (ahead ?? fetch(cookie))
    cookie = progress.check(entries, answer)
    ahead = options.readAhead && cookie !== null ? fetch(cookie) : null
    // A fault is met when the page is asked for; until then it is nobody's unhandled rejection.
    ahead?.catch(() => {})
    yield { entries, references: answer.references }
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

async function fetchPage(
  session: LdapSession,
  search: Search,
  options: ScanOptions & { readonly cookie: Buffer },
): Promise<FetchedPage> {
  const { decoder, pageSize, what, cookie } = options
  const entries: DecodedEntry[] = []
  const answer = await session.search(search, { size: pageSize, cookie }, (cursor, end) => {
    // A server that ignores the page size would fill the memory with all that it has.
    if (entries.length >= 2 * pageSize)
      throw new SourceFault('paging-dropped', `${session.host}: ${what}: the server ignores the page size`)
    entries.push(decoder.decode(cursor, end))
  })
  return { entries, answer }
}

class ScanProgress {
  readonly #name: string
  readonly #firstNames = new Set<string>()
  #emptyPages = 0

  constructor(name: string) {
    this.#name = name
  }

  /** The cookie of the next page, or null when this was the last one. Throws SourceFault. */
  check(entries: readonly DecodedEntry[], answer: SearchAnswer): Buffer | null {
    if (answer.code !== 0) throw describeResult(answer.code, answer.diagnostic, this.#name)
    if (answer.cookie === null)
      throw new SourceFault(
        'paging-dropped',
        `${this.#name}: an answer without the paging control: nothing says that it is whole`,
      )
    if (answer.cookie.length === 0) return null
    this.#checkAdvance(entries[0])
    return answer.cookie
  }

  #checkAdvance(first: DecodedEntry | undefined): void {
    this.#emptyPages = first ? 0 : this.#emptyPages + 1
    const repeated = first !== undefined && this.#firstNames.has(first.dn)
    if (repeated || this.#emptyPages > emptyPagesAllowed)
      throw new SourceFault(
        'paging-repeated',
        `${this.#name}: the server sends the same page again and again`,
      )
    if (first) this.#firstNames.add(first.dn)
  }
}
