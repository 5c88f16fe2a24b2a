import type { SendFaultClass, SendFaultCode } from '../domain/send-fault.ts'

export interface SendFault {
  readonly code: SendFaultCode
  readonly class: SendFaultClass
  /** The provider's own code, a number or a short token; never its text, which may quote the address. */
  readonly providerCode: string | null
  /** Milliseconds that the provider asks to wait, or null. */
  readonly retryAfter: number | null
}

export type SendOutcome =
  | { readonly ok: true; readonly providerId: string | null }
  | { readonly ok: false; readonly fault: SendFault }

/** A message as it leaves: rendered, to exactly one address. */
export interface OutgoingMessage {
  /** Opaque; the same on every attempt, so that a provider or a mailbox can tell a repetition. */
  readonly deliveryId: string
  /** E.164, or one strictly parsed mailbox. */
  readonly to: string
  /** Null for SMS. */
  readonly subject: string | null
  readonly text: string
  readonly html: string | null
  /** Milliseconds that the message is worth sending. */
  readonly validFor: number
}

/**
 * The ability to send to one address. Never throws for what a provider did: the outcome says it. Keeps no message
 * and logs none.
 */
export interface MessageChannel {
  /** The connector's type, for records and metrics: `twilio`, `smtp`, `http-sms`, `outbox`. */
  readonly name: string
  /**
   * Ends in seconds, whatever the provider does. Where the signal ends it, or nobody answers in time, the fault is
   * `timeout`: nobody knows whether the message left, and the same message may be sent again.
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>
  /** Opens and closes what sending needs, without sending. */
  test(signal: AbortSignal): Promise<{ readonly ok: boolean; readonly message: string }>
  close(): Promise<void>
}
