import { BerCursor } from './ber-cursor.ts'
import { pagedResultsOid } from './search-request.ts'

/** The end of a search (RFC 4511 section 4.5.2). */
export interface SearchResult {
  readonly code: number
  readonly diagnostic: string
  /** Of the paged results control; null where the server sent none: then nothing says that this was the end. */
  readonly cookie: Buffer | null
}

/** Decodes a result whose operation's content starts at the cursor and ends at `end`, and the controls behind it. */
export function decodeResult(cursor: BerCursor, end: number, messageEnd: number): SearchResult {
  const code = cursor.readInteger(end, 0x0a)
  cursor.readText(end)
  const diagnostic = cursor.readText(end)
  cursor.position = end
  const cookie = cursor.peek(messageEnd) === 0xa0 ? decodeCookie(cursor, messageEnd) : null
  return { code, diagnostic, cookie }
}

function decodeCookie(cursor: BerCursor, messageEnd: number): Buffer | null {
  const controlsEnd = cursor.enter(0xa0, messageEnd)
  let cookie: Buffer | null = null
  while (cursor.position < controlsEnd) {
    const controlEnd = cursor.enter(0x30, controlsEnd)
    const oid = cursor.readText(controlEnd)
    if (cursor.peek(controlEnd) === 0x01) cursor.skip(controlEnd)
    if (oid === pagedResultsOid) {
      const valueEnd = cursor.enter(0x04, controlEnd)
      cookie = decodePagingValue(cursor, valueEnd)
    }
    cursor.position = controlEnd
  }
  return cookie
}

function decodePagingValue(outer: BerCursor, end: number): Buffer {
  const cursor = new BerCursor(outer.bytes, outer.position)
  const valueEnd = cursor.enter(0x30, end)
  // The server's estimate of the total: many send 0, none is to be trusted.
  cursor.skip(valueEnd)
  const cookieEnd = cursor.enter(0x04, valueEnd)
  // A copy: the chunk that it came in must not live as long as the cookie.
  return Buffer.from(cursor.bytes.subarray(cursor.position, cookieEnd))
}
