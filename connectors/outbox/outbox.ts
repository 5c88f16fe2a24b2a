import type { OutgoingMessage } from '../channel.ts'

/** A message that would have left. */
export interface OutboxMessage {
  /** Counts up from 1, without gaps. */
  readonly number: number
  readonly sentAt: Date
  readonly channel: 'email' | 'sms'
  readonly deliveryId: string
  readonly to: string
  readonly subject: string | null
  readonly text: string
  readonly html: string | null
}

/** Called with each message as it arrives. It must not throw. */
export type OutboxListener = (message: OutboxMessage) => void

/**
 * The last messages of one process, in its memory only: both channels of the embedded mode put theirs here, a page
 * on loopback shows them.
 */
export class Outbox {
  readonly #now: () => Date
  readonly #listeners = new Set<OutboxListener>()
  #messages: OutboxMessage[] = []
  #capacity = 1
  #number = 0

  constructor(now: () => Date) {
    this.#now = now
  }

  /** Makes room for at least so many messages; channels that share an outbox get the largest that one asks for. */
  reserve(capacity: number): void {
    this.#capacity = Math.max(this.#capacity, capacity)
  }

  put({ deliveryId, to, subject, text, html }: OutgoingMessage): OutboxMessage {
    const channel = subject === null ? 'sms' : 'email'
    this.#number += 1
    const sentAt = this.#now()
    const message = { number: this.#number, sentAt, channel, deliveryId, to, subject, text, html } as const
    this.#messages = [message, ...this.#messages.slice(0, this.#capacity - 1)]
    for (const listener of this.#listeners) listener(message)
    return message
  }

  /** Newest first. */
  list(): readonly OutboxMessage[] {
    return this.#messages
  }

  /** Tells of each message from now on; the answer ends that. */
  subscribe(listener: OutboxListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
