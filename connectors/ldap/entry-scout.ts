import { isAscii, isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { type AttributeKind, findKind, formatBinary } from './attribute-kind.ts'
import type { BerCursor } from './ber-cursor.ts'

/** What can be told of an entry without decoding it. */
export interface ScoutedEntry {
  readonly dn: string
  /** The external id, as the decoder would read it. */
  readonly externalId: string
  /** The first value of the second attribute that was asked for; undefined where it is not there. */
  readonly other: string | undefined
  /** 16 bytes over everything that the server sent of the entry. */
  readonly fingerprint: Buffer
}

const semicolon = 0x3b
const longestId = 512

/**
 * Looks at an entry's bytes before they are decoded: an entry that is byte for byte what it was is what it was, and
 * decoding it would cost several times as much.
 */
export class EntryScout {
  readonly #id: WantedName
  readonly #other: WantedName | null

  /** `externalId`, and one more attribute whose first value is wanted. */
  constructor(externalId: string, other: string | null) {
    this.#id = new WantedName(externalId)
    this.#other = other === null ? null : new WantedName(other)
  }

  /**
   * Null where only decoding tells: no external id or several, several values of the other attribute, values that are
   * no text, attributes with options. Throws BerError. The cursor stays where it is.
   */
  scout(cursor: BerCursor, end: number): ScoutedEntry | null {
    const { bytes, position: start } = cursor
    try {
      const dnEnd = cursor.enter(0x04, end)
      const dn = readText(bytes, cursor.position, dnEnd)
      cursor.position = dnEnd
      const listEnd = cursor.enter(0x30, end)
      // Any option (`;range=0-1499`) is the decoder's; a semicolon in a value only costs the short cut.
      if (dn === null || bytes.subarray(cursor.position, listEnd).includes(semicolon)) return null
      this.#id.forget()
      this.#other?.forget()
      while (cursor.position < listEnd) this.#lookAt(cursor, listEnd)
      const externalId = this.#id.text?.trim() ?? ''
      if (externalId === '' || externalId.length > longestId) return null
      // Several values, or one that is no text: the decoder says which counts.
      const other = this.#other?.text
      if (other === null) return null
      const fingerprint = hash('sha256', bytes.subarray(start, end), 'buffer').subarray(0, 16)
      return { dn, externalId, other, fingerprint }
    } finally {
      cursor.position = start
    }
  }

  #lookAt(cursor: BerCursor, limit: number): void {
    const attributeEnd = cursor.enter(0x30, limit)
    const nameEnd = cursor.enter(0x04, attributeEnd)
    const { bytes, position } = cursor
    const wanted = this.#id.is(bytes, position, nameEnd)
      ? this.#id
      : this.#other?.is(bytes, position, nameEnd)
        ? this.#other
        : null
    if (wanted !== null) {
      cursor.position = nameEnd
      wanted.read(cursor, cursor.enter(0x31, attributeEnd))
    }
    cursor.position = attributeEnd
  }
}

class WantedName {
  /** Null: there, but not as one plain text. */
  text: string | null | undefined = undefined
  readonly #lowerCase: Buffer
  readonly #kind: AttributeKind

  constructor(name: string) {
    this.#lowerCase = Buffer.from(name.toLowerCase(), 'latin1')
    this.#kind = findKind(name)
  }

  is(bytes: Buffer, start: number, end: number): boolean {
    const name = this.#lowerCase
    if (end - start !== name.length) return false
    for (let index = 0; index < name.length; index++) {
      const byte = bytes[start + index] ?? 0
      if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== name[index]) return false
    }
    return true
  }

  forget(): void {
    this.text = undefined
  }

  read(cursor: BerCursor, end: number): void {
    const isFirst = this.text === undefined
    this.text = null
    if (cursor.position >= end) return
    const valueEnd = cursor.enter(0x04, end)
    // A second value, here or in a second list of the same name.
    if (valueEnd !== end || !isFirst) return
    const { bytes, position } = cursor
    this.text =
      this.#kind === 'text'
        ? readText(bytes, position, valueEnd)
        : formatBinary(bytes.subarray(position, valueEnd), this.#kind)
  }
}

function readText(bytes: Buffer, start: number, end: number): string | null {
  const part = bytes.subarray(start, end)
  if (isAscii(part)) return bytes.toString('latin1', start, end)
  return isUtf8(part) ? bytes.toString('utf8', start, end) : null
}
