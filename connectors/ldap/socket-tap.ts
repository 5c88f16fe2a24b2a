import type { Socket } from 'node:net'
import { checkElements } from './ber-cursor.ts'
import { MessageFramer } from './message-framer.ts'

/** Answers to a bind or StartTLS are small; ldapts gathers a message in quadratic time. */
const greetingLimit = 1_048_576

/**
 * Stands between a socket and ldapts. While ldapts connects and binds it gets whole, well-formed messages only: its
 * parser loops without end on a wrong inner length. After `takeOver` it gets nothing more, and cannot know that the
 * connection lives on.
 */
export class SocketTap {
  readonly socket: Socket
  #onData: (chunk: Buffer) => void
  /** Bytes received so far: shows whether the server has spoken at all. */
  received = 0

  constructor(socket: Socket, onFault: (error: unknown) => void) {
    this.socket = socket
    const emit: (event: string | symbol, ...values: unknown[]) => boolean = socket.emit.bind(socket)
    const framer = new MessageFramer(greetingLimit)
    const forward = (bytes: Buffer, start: number, end: number): void => {
      checkElements(bytes, start, end)
      emit('data', bytes.subarray(start, end))
    }
    this.#onData = (chunk) => {
      try {
        framer.push(chunk, forward)
      } catch (error) {
        onFault(error)
      }
    }
    socket.emit = (event: string | symbol, ...values: unknown[]): boolean => {
      const [chunk] = values
      if (event !== 'data' || !Buffer.isBuffer(chunk)) return emit(event, ...values)
      this.received += chunk.length
      this.#onData(chunk)
      return true
    }
  }

  /** From now on `onData` gets every chunk, and nobody else. */
  takeOver(onData: (chunk: Buffer) => void): void {
    this.#onData = onData
  }
}
