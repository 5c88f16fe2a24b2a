import type { Factor } from './factor.ts'

/** What carries a message. */
export type DeliveryChannel = 'email' | 'sms'

/** `code` carries the code of a challenge, `notice` tells of a change, `test` was asked for by an administrator. */
export type DeliveryKind = 'code' | 'notice' | 'test'

/** `queued → sent → delivered | failed | abandoned`. `abandoned`: its time was over, or nothing was left to say. */
export const deliveryStatuses = ['queued', 'sent', 'delivered', 'failed', 'abandoned'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

/** Every message there is, by name; each locale has a text for each. */
export const messageTemplates = [
  'authentication',
  'enrollment',
  'added',
  'replaced',
  'removed',
  'changed',
  'test',
] as const
export type MessageTemplate = (typeof messageTemplates)[number]

/** What a message says beside the code. Never a code; kept with the delivery. */
export interface MessageParameters {
  /** The client's name as people know it. */
  readonly client?: string
  /** The origin of the page that asks: a text message then ends with the line bound to it. */
  readonly origin?: string | null
  /** What a notice is about. */
  readonly factor?: Factor
}

/** What became of one attempt; ids and classes only, fit for a workflow's history (architecture rule 11). */
export type DeliveryStep =
  | { readonly status: Exclude<DeliveryStatus, 'queued'>; readonly fault: string | null }
  | {
      readonly status: 'queued'
      readonly fault: string | null
      /** Milliseconds until it is worth trying again. */
      readonly waitMs: number
      /** RFC 3339: nothing is sent from then on. */
      readonly deadline: string
    }

/** One attempt as it is shown. */
export interface DeliveryAttemptView {
  readonly number: number
  readonly connector: string
  readonly at: string
  readonly endedAt: string | null
  /** Null: under way, or its process died. */
  readonly outcome: 'sent' | 'retry' | 'failed' | null
  readonly error: string | null
}

/** A delivery as it is shown; the address is masked. */
export interface DeliveryView {
  readonly id: string
  readonly kind: DeliveryKind
  readonly identity: { readonly id: string; readonly userName: string | null }
  readonly enrollment: string | null
  readonly challenge: string | null
  readonly channel: DeliveryChannel
  readonly address: string | null
  readonly template: MessageTemplate
  readonly status: DeliveryStatus
  readonly error: string | null
  readonly createdAt: string
  readonly deadline: string
  readonly endedAt: string | null
  readonly attempts: readonly DeliveryAttemptView[]
}
