import type { Socket } from 'node:net'
import { writeElement, writeNumber } from './ber.ts'

export interface Done {
  /** Result code (RFC 4511 appendix A); default success. */
  readonly code?: number
  readonly diagnostic?: string
  /** Of the paged results control; without it the control is not sent. */
  readonly cookie?: Buffer
}

const tags = { bind: 0x61, search: 0x65, extended: 0x78 } as const

/** Answers one request. A script may use it to answer in any way, wrong ones included. */
export class Reply {
  readonly #socket: Socket
  readonly #id: number

  constructor(socket: Socket, id: number) {
    this.#socket = socket
    this.#id = id
  }

  sendEntry(dn: string, attributes: Readonly<Record<string, readonly (string | Buffer)[]>>): void {
    this.send(this.encodeEntry(dn, attributes))
  }

  /** A search result entry as bytes, for scripts that send a part of it, or a changed one. */
  encodeEntry(dn: string, attributes: Readonly<Record<string, readonly (string | Buffer)[]>>): Buffer {
    const list = Object.entries(attributes).map(([name, values]) => {
      // No spread: a group may have a million members.
      const set = writeElement(0x31, Buffer.concat(values.map((value) => writeElement(0x04, value))))
      return writeElement(0x30, writeElement(0x04, name), set)
    })
    return this.#wrap(writeElement(0x64, writeElement(0x04, dn), writeElement(0x30, ...list)))
  }

  sendReference(...urls: readonly string[]): void {
    this.send(this.#wrap(writeElement(0x73, ...urls.map((url) => writeElement(0x04, url)))))
  }

  sendDone(kind: keyof typeof tags, { code = 0, diagnostic = '', cookie }: Done = {}): void {
    const operation = writeElement(
      tags[kind],
      writeNumber(0x0a, code),
      writeElement(0x04),
      writeElement(0x04, diagnostic),
    )
    this.send(this.#wrap(operation, cookie === undefined ? Buffer.alloc(0) : encodeCookie(cookie)))
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Ends the connection, after what was sent. */
  close(): void {
    this.#socket.end()
  }

  #wrap(operation: Buffer, controls: Buffer = Buffer.alloc(0)): Buffer {
    return writeElement(0x30, writeNumber(0x02, this.#id), operation, controls)
  }
}

function encodeCookie(cookie: Buffer): Buffer {
  const value = writeElement(0x30, writeNumber(0x02, 0), writeElement(0x04, cookie))
  const control = writeElement(0x30, writeElement(0x04, '1.2.840.113556.1.4.319'), writeElement(0x04, value))
  return writeElement(0xa0, control)
}
