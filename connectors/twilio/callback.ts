// That one file: the whole library takes a third of a second to load.
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'

/** A request to the status callback, as the HTTP server received it. */
export interface TwilioCallback {
  /** The primary auth token of the account: also where an API key sends. */
  readonly authToken: string
  /** The URL that Twilio was given: made of the configured public URL, never of a Host header. */
  readonly url: string
  /** The form fields of the body. */
  readonly params: Readonly<Record<string, string>>
  /** The header X-Twilio-Signature; undefined where it is missing. */
  readonly signature: string | undefined
}

/**
 * Whether Twilio sent the request (HMAC-SHA1 over the URL and the sorted fields, compared in constant time). It
 * carries no time, so a copy passes again: whoever acts on it takes statuses only upwards (`applyReceipt`).
 */
export function verifyTwilioSignature({ authToken, url, params, signature }: TwilioCallback): boolean {
  if (signature === undefined || signature === '' || !URL.canParse(url)) return false
  return validateRequest(authToken, signature, url, params)
}

export type TwilioStatus = 'sent' | 'delivered' | 'failed'

/** What a status callback says. */
export interface TwilioReport {
  /** The message SID. */
  readonly providerId: string
  readonly status: TwilioStatus
  /** Twilio's error code where it failed; `readTwilioCode` says what it means. */
  readonly providerCode: string | null
}

const statuses: Readonly<Record<string, TwilioStatus>> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
}

/** Reads the fields of a verified callback; null for a status in between, and for what is no message. */
export function readTwilioStatus(params: Readonly<Record<string, string>>): TwilioReport | null {
  const providerId = params['MessageSid'] ?? ''
  const word = params['MessageStatus'] ?? ''
  const status = Object.hasOwn(statuses, word) ? statuses[word] : undefined
  if (status === undefined || !/^(SM|MM)[0-9a-f]{32}$/i.test(providerId)) return null
  const code = params['ErrorCode'] ?? ''
  return { providerId, status, providerCode: status === 'failed' && /^\d{1,6}$/.test(code) ? code : null }
}

/** The status callback of one delivery under the configured public URL: `/callbacks/twilio/DELIVERY`. */
export function twilioCallbackUrl(publicUrl: string, deliveryId: string): string {
  return new URL(`callbacks/twilio/${deliveryId}`, publicUrl.endsWith('/') ? publicUrl : `${publicUrl}/`).href
}
