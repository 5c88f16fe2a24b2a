import { SourceFault } from '../source-fault.ts'
import { BerCursor, BerError } from './ber-cursor.ts'
import { MessageFramer } from './message-framer.ts'
import { encodeSearchRequest, encodeUnbindRequest, type Paging, type Search } from './search-request.ts'
import { decodeResult, type SearchResult } from './search-result.ts'
import type { SocketTap } from './socket-tap.ts'

export interface SessionLimits {
  /** Milliseconds without a byte while an answer is owed. */
  readonly idle: number
  /** Bytes of one message at most. */
  readonly message: number
}

/** Gets the content of a search result entry: the cursor is at its start. May throw BerError or SourceFault. */
export type OnEntry = (cursor: BerCursor, end: number) => void

/** What a search brought beside its entries. */
export interface SearchAnswer extends SearchResult {
  readonly references: number
}

interface Pending {
  readonly id: number
  readonly onEntry: OnEntry
  references: number
  readonly resolve: (answer: SearchAnswer) => void
  readonly reject: (error: unknown) => void
}

/** Above every message id that ldapts used for StartTLS and bind. */
const firstMessageId = 1000

/**
 * One bound connection that is read to its end and never opened again: what is lost with it cannot come back
 * unauthenticated. One search at a time.
 */
export class LdapSession {
  /** `host:port`, for messages. */
  readonly host: string
  readonly #tap: SocketTap
  readonly #limits: SessionLimits
  readonly #framer: MessageFramer
  readonly #watchdog: NodeJS.Timeout
  #nextId = firstMessageId
  #pending: Pending | null = null
  #ended: unknown = null

  /** `tap`: of a connection that is bound. */
  constructor(host: string, tap: SocketTap, limits: SessionLimits) {
    this.host = host
    this.#tap = tap
    this.#limits = limits
    this.#framer = new MessageFramer(limits.message)
    this.#watchdog = setTimeout(() => this.#onIdle(), limits.idle)
    // A request is one write: nothing is gained by holding it back.
    tap.socket.setNoDelay(true)
    tap.takeOver((chunk) => this.#onChunk(chunk))
    tap.socket.on('error', (error) =>
      this.#end(new SourceFault('closed', `${host}: the connection broke: ${error.message}`, error)),
    )
    tap.socket.on('close', () =>
      this.#end(new SourceFault('closed', `${host} closed the connection before its last answer`)),
    )
    if (tap.socket.destroyed)
      this.#end(new SourceFault('closed', `${host} closed the connection after the bind`))
  }

  /**
   * Sends one search and resolves with its end, whatever its result code. Entries are given to `onEntry` as they
   * come. Rejects with SourceFault when the connection ends before, or with the reason given to `destroy`.
   */
  search(search: Search, paging: Paging | null, onEntry: OnEntry): Promise<SearchAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended)
      if (this.#pending) return reject(new Error('a search is running on this connection'))
      const id = this.#nextId++
      this.#pending = { id, onEntry, references: 0, resolve, reject }
      this.#watchdog.refresh()
      this.#tap.socket.write(encodeSearchRequest(id, search, paging))
    })
  }

  describeUndecodable(error: BerError): SourceFault {
    return new SourceFault('undecodable', `${this.host} sent what cannot be decoded: ${error.message}`, error)
  }

  /** Ends politely. Safe to call twice, and after a fault. */
  close(): void {
    if (this.#ended === null && this.#pending === null)
      this.#tap.socket.end(encodeUnbindRequest(this.#nextId))
    this.destroy(new SourceFault('closed', `${this.host}: the connection is closed`))
  }

  /** Ends at once; a running search rejects with `reason`. */
  destroy(reason: unknown): void {
    this.#end(reason)
  }

  #end(reason: unknown): void {
    if (this.#ended !== null) return
    this.#ended = reason
    clearTimeout(this.#watchdog)
    // What still comes belongs to nobody.
    this.#tap.takeOver(() => {})
    this.#tap.socket.destroySoon()
    if (this.#pending) this.#tap.socket.destroy()
    this.#pending?.reject(reason)
    this.#pending = null
  }

  #onIdle(): void {
    if (this.#pending) {
      const seconds = this.#limits.idle / 1000
      this.#end(new SourceFault('silent', `${this.host} was silent for ${seconds} s`))
    } else this.#watchdog.refresh()
  }

  #onChunk(chunk: Buffer): void {
    this.#watchdog.refresh()
    try {
      this.#framer.push(chunk, (bytes, start, end) => this.#onMessage(bytes, start, end))
    } catch (error) {
      this.#end(error instanceof BerError ? this.describeUndecodable(error) : error)
    }
  }

  #onMessage(bytes: Buffer, start: number, messageEnd: number): void {
    if (this.#ended !== null) return
    const cursor = new BerCursor(bytes, start)
    const end = cursor.enter(0x30, messageEnd)
    const id = cursor.readInteger(end)
    const tag = cursor.peek(end)
    const operationEnd = cursor.enterAny(end)
    if (id === 0 && tag === 0x78) {
      this.#onNotice(cursor, operationEnd, end)
      return
    }
    const pending = this.#pending
    // Other unsolicited notifications may come and mean nothing here.
    if (id === 0) return
    if (pending?.id !== id) throw new BerError('an answer to nothing that was asked', start)
    switch (tag) {
      case 0x64:
        pending.onEntry(cursor, operationEnd)
        return
      case 0x73:
        pending.references++
        return
      case 0x65: {
        const result = decodeResult(cursor, operationEnd, end)
        this.#pending = null
        pending.resolve({ ...result, references: pending.references })
        return
      }
      // Intermediate responses (RFC 4511 section 4.13) carry nothing that was asked for.
      case 0x79:
        return
      default:
        throw new BerError(`an answer of an unknown kind 0x${tag.toString(16)}`, start)
    }
  }

  /** Notice of disconnection (RFC 4511 section 4.4.1). */
  #onNotice(cursor: BerCursor, operationEnd: number, end: number): void {
    const { code } = decodeResult(cursor, operationEnd, end)
    this.#end(new SourceFault('closed', `${this.host} ends the connection (code ${code})`))
  }
}
