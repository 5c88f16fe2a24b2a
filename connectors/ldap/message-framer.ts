import { SourceFault } from '../source-fault.ts'
import { BerError } from './ber-cursor.ts'

/**
 * Cuts a stream into LDAP messages. A message that came in several chunks is put together once, when its last byte
 * is there, so a message of any size costs one copy.
 */
export class MessageFramer {
  readonly #limit: number
  #chunks: Buffer[] = []
  #length = 0
  /** Bytes that the message being gathered has in all; 0 while its header is not whole. */
  #wanted = 0

  /** `limit`: bytes of one message at most. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of a message that has begun and is not whole. */
  get pending(): number {
    return this.#length
  }

  /**
   * Takes a chunk, calls `onMessage` for every message that is whole now. Throws BerError where the stream is no
   * LDAP, SourceFault `too-large` where a message is over the limit: its bytes are not gathered.
   */
  push(chunk: Buffer, onMessage: (bytes: Buffer, start: number, end: number) => void): void {
    let bytes = chunk
    if (this.#length > 0) {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      if (this.#wanted > this.#length) return
      bytes = Buffer.concat(this.#chunks, this.#length)
      this.#chunks = []
      this.#length = 0
      this.#wanted = 0
    }
    let position = 0
    while (position < bytes.length) {
      const size = this.#measure(bytes, position)
      if (size === 0 || position + size > bytes.length) break
      onMessage(bytes, position, position + size)
      position += size
    }
    if (position < bytes.length) this.#keep(bytes, position)
  }

  #keep(bytes: Buffer, position: number): void {
    const rest = bytes.subarray(position)
    this.#chunks = [rest]
    this.#length = rest.length
    this.#wanted = this.#measure(bytes, position)
  }

  /** Bytes of the message that starts here, or 0 where its header is not whole. */
  #measure(bytes: Buffer, start: number): number {
    if (bytes[start] !== 0x30) throw new BerError('this is no LDAP message', start)
    const first = bytes[start + 1]
    if (first === undefined) return 0
    if (first < 0x80) return first + 2
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new BerError('a length that is not allowed', start + 1)
    if (start + 2 + count > bytes.length) return 0
    const size = bytes.readUIntBE(start + 2, count) + 2 + count
    if (size > this.#limit)
      throw new SourceFault('too-large', `a message of ${size} bytes is over the limit of ${this.#limit}`)
    return size
  }
}
