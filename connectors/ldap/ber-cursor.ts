/** The bytes are not the BER that LDAP allows (RFC 4511 section 5.1), or a length does not fit its parent. */
export class BerError extends Error {
  constructor(what: string, position: number) {
    super(`${what} at byte ${position}`)
    this.name = 'BerError'
  }
}

/**
 * Walks over elements without copying. Every length is checked against the end of the element around it, so a wrong
 * one is an error and never a loop or a look beyond the message.
 */
export class BerCursor {
  readonly bytes: Buffer
  position: number

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  /** The tag of the next element, or -1 at the end. */
  peek(limit: number): number {
    return this.position < limit ? (this.bytes[this.position] ?? -1) : -1
  }

  /** Goes to the content of the next element, which must have this tag. Returns where the content ends. */
  enter(tag: number, limit: number): number {
    if (this.bytes[this.position] !== tag || this.position >= limit) {
      throw new BerError(`expected tag 0x${tag.toString(16)}`, this.position)
    }
    return this.enterAny(limit)
  }

  /** Goes to the content of the next element, whatever its tag. Returns where the content ends. */
  enterAny(limit: number): number {
    const { bytes } = this
    let at = this.position + 1
    if (at >= limit) throw new BerError('an element is cut off', this.position)
    let length = bytes[at++] ?? 0
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4) throw new BerError('a length that is not allowed', at - 1)
      if (at + count > limit) throw new BerError('a length is cut off', at - 1)
      length = 0
      for (let index = 0; index < count; index++) length = length * 256 + (bytes[at++] ?? 0)
    }
    if (at + length > limit) throw new BerError('an element is longer than what holds it', this.position)
    this.position = at
    return at + length
  }

  /** Reads an INTEGER, or an ENUMERATED with tag 0x0a. */
  readInteger(limit: number, tag = 0x02): number {
    const end = this.enter(tag, limit)
    const length = end - this.position
    if (length < 1 || length > 4) throw new BerError('an integer of a wrong length', this.position)
    const value = this.bytes.readIntBE(this.position, length)
    this.position = end
    return value
  }

  /** Reads a short text (a DN, a diagnostic, an OID) as UTF-8. */
  readText(limit: number, tag = 0x04): string {
    const end = this.enter(tag, limit)
    const text = this.bytes.toString('utf8', this.position, end)
    this.position = end
    return text
  }

  skip(limit: number): void {
    this.position = this.enterAny(limit)
  }
}

const maximumDepth = 20

/** Throws BerError unless the elements from `start` to `end`, and those within them, fill it exactly. */
export function checkElements(bytes: Buffer, start: number, end: number, depth = 0): void {
  if (depth > maximumDepth) throw new BerError('too many levels', start)
  const cursor = new BerCursor(bytes, start)
  while (cursor.position < end) {
    const constructed = ((bytes[cursor.position] ?? 0) & 0x20) !== 0
    const contentEnd = cursor.enterAny(end)
    if (constructed) checkElements(bytes, cursor.position, contentEnd, depth + 1)
    cursor.position = contentEnd
  }
}
