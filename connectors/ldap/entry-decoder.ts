import { isAscii, isUtf8 } from 'node:buffer'
import type { Values } from '../source-values.ts'
import { type AttributeKind, findKind, formatBinary } from './attribute-kind.ts'
import type { BerCursor } from './ber-cursor.ts'

/** A part of an attribute's values is still to be fetched (`member;range=0-1499`). */
export interface OpenRange {
  readonly slot: number
  readonly attribute: string
  /** The first value that is still missing. */
  readonly next: number
}

export interface DecodedEntry {
  readonly dn: string
  /** By place: undefined = the attribute is absent, empty = it is there without a value. */
  readonly values: Values[]
  /** The first attribute with a value that is not what it has to be (UTF-8, 16 bytes, …), or null. */
  readonly undecodable: string | null
  readonly ranges: readonly OpenRange[]
}

interface Known {
  readonly slot: number
  readonly name: string
  readonly lowerCase: Buffer
  readonly kind: AttributeKind
}

const noRanges: readonly OpenRange[] = []

/**
 * Decodes the entries of one search: one pass, attribute names compared as bytes, and one text for a whole entry
 * where all of it is ASCII, of which the values are parts.
 */
export class EntryDecoder {
  readonly #width: number
  readonly #byLength: Known[][] = []
  readonly #retain: boolean

  /**
   * `attributes`: by place. `retain`: values outlive the batch that they came in, so each is a text of its own
   * and not a part of one that would live as long.
   */
  constructor(attributes: readonly string[], retain: boolean) {
    this.#width = attributes.length
    this.#retain = retain
    for (const [slot, name] of attributes.entries()) {
      const lowerCase = Buffer.from(name.toLowerCase(), 'latin1')
      const known = { slot, name, lowerCase, kind: findKind(name) }
      this.#byLength[lowerCase.length] ??= []
      this.#byLength[lowerCase.length]?.push(known)
    }
  }

  /** Decodes the entry whose content starts at the cursor and ends at `end`. Throws BerError. */
  decode(cursor: BerCursor, end: number): DecodedEntry {
    const { bytes, position: start } = cursor
    const ascii = !this.#retain && isAscii(bytes.subarray(start, end))
    const reading = new EntryReading(
      bytes,
      start,
      ascii ? bytes.toString('latin1', start, end) : null,
      this.#width,
    )
    const dnEnd = cursor.enter(0x04, end)
    const dn = reading.readText(cursor.position, dnEnd)
    if (dn === null) reading.undecodable = 'dn'
    cursor.position = dnEnd
    const listEnd = cursor.enter(0x30, end)
    while (cursor.position < listEnd) this.#decodeAttribute(cursor, listEnd, reading)
    return { dn: dn ?? '', values: reading.values, undecodable: reading.undecodable, ranges: reading.ranges }
  }

  #decodeAttribute(cursor: BerCursor, limit: number, reading: EntryReading): void {
    const attributeEnd = cursor.enter(0x30, limit)
    const nameEnd = cursor.enter(0x04, attributeEnd)
    const known = this.#find(cursor.bytes, cursor.position, nameEnd)
    const option = known ? null : this.#findWithOption(cursor.bytes, cursor.position, nameEnd)
    const found = known ?? option?.known
    if (found) {
      cursor.position = nameEnd
      reading.readValues(cursor, cursor.enter(0x31, attributeEnd), found)
      if (option?.next !== null && option?.next !== undefined)
        reading.addRange({ slot: found.slot, attribute: found.name, next: option.next })
    }
    cursor.position = attributeEnd
  }

  #find(bytes: Buffer, start: number, end: number): Known | undefined {
    const candidates = this.#byLength[end - start]
    return candidates?.find(({ lowerCase }) => equalsFolded(bytes, start, lowerCase))
  }

  /** `;range=0-1499` and `;binary` are parts of the attribute's description; language tags are other attributes. */
  #findWithOption(bytes: Buffer, start: number, end: number): { known: Known; next: number | null } | null {
    const semicolon = bytes.indexOf(0x3b, start)
    if (semicolon < 0 || semicolon >= end) return null
    const known = this.#find(bytes, start, semicolon)
    if (!known) return null
    const options = bytes.toString('latin1', semicolon + 1, end).toLowerCase()
    if (options === 'binary') return { known, next: null }
    const range = /^range=\d+-(\d+|\*)$/.exec(options)
    if (!range) return null
    return { known, next: range[1] === '*' ? null : Number(range[1]) + 1 }
  }
}

/** `lowerCase` has letters in lower case; a byte that only differs in bit 5 is the same letter or no name at all. */
function equalsFolded(bytes: Buffer, start: number, lowerCase: Buffer): boolean {
  for (let index = 0; index < lowerCase.length; index++) {
    const byte = bytes[start + index] ?? 0
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (folded !== lowerCase[index]) return false
  }
  return true
}

class EntryReading {
  readonly values: Values[]
  undecodable: string | null = null
  ranges: OpenRange[] | typeof noRanges = noRanges
  readonly #bytes: Buffer
  readonly #start: number
  readonly #text: string | null

  constructor(bytes: Buffer, start: number, text: string | null, width: number) {
    this.#bytes = bytes
    this.#start = start
    this.#text = text
    this.values = new Array<Values>(width).fill(undefined)
  }

  addRange(range: OpenRange): void {
    this.ranges = [...this.ranges, range]
  }

  readValues(cursor: BerCursor, end: number, { slot, kind, name }: Known): void {
    const before = this.values[slot]
    const list: string[] = before ? [...before] : []
    while (cursor.position < end) {
      const valueEnd = cursor.enter(0x04, end)
      const value =
        kind === 'text'
          ? this.readText(cursor.position, valueEnd)
          : formatBinary(this.#bytes.subarray(cursor.position, valueEnd), kind)
      if (value === null) this.undecodable ??= name
      else list.push(value)
      cursor.position = valueEnd
    }
    this.values[slot] = list
  }

  /** The text from `start` to `end`, or null where the bytes are no UTF-8. */
  readText(start: number, end: number): string | null {
    if (this.#text !== null) return this.#text.slice(start - this.#start, end - this.#start)
    if (isShortAscii(this.#bytes, start, end)) return this.#bytes.toString('latin1', start, end)
    return isUtf8(this.#bytes.subarray(start, end)) ? this.#bytes.toString('utf8', start, end) : null
  }
}

function isShortAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if ((bytes[index] ?? 0) >= 0x80) return false
  return true
}
