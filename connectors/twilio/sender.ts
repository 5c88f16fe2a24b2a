import twilio from 'twilio'
import type { OutgoingMessage, SendFault, SendOutcome } from '../channel.ts'
import { type HttpPool, readNetworkFault } from '../http-exchange.ts'
import { failSend, makeSendFault, toProviderCode } from '../send-fault.ts'
import { type ClientSettings, makeTwilioClient } from './client.ts'
import { readTwilioRefusal } from './faults.ts'

/** What every message of a channel is sent with. */
export interface SenderSettings extends ClientSettings {
  readonly sender: { readonly messagingServiceSid: string } | { readonly from: string }
}

/** Sends one message; the outcome says what Twilio did. */
export async function sendByTwilio(
  settings: SenderSettings,
  pool: HttpPool,
  message: OutgoingMessage,
  statusCallback: string | null,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { client, transport } = makeTwilioClient(settings, pool, signal)
  try {
    const sent = await client.messages.create({
      to: message.to,
      body: message.text,
      ...settings.sender,
      ...(statusCallback === null ? {} : { statusCallback }),
      validityPeriod: toValidity(message.validFor),
      // Twilio need not remember the code, nor the whole number.
      contentRetention: 'discard',
      addressRetention: 'obfuscate',
      // Look-alike characters outside GSM-7 would cost a second segment.
      smartEncoded: true,
    })
    return { ok: true, providerId: readSid(sent.sid) }
  } catch (error) {
    return failSend(readError(error, transport.retryAfter))
  }
}

/** Asks for messages of a far future: that needs the credentials, and shows nobody's. Null where it works. */
export async function findTwilioFault(
  settings: SenderSettings,
  pool: HttpPool,
  signal: AbortSignal,
): Promise<SendFault | null> {
  const { client, transport } = makeTwilioClient(settings, pool, signal)
  try {
    await client.messages.list({ limit: 1, pageSize: 1, dateSentAfter: new Date('2199-01-01T00:00:00Z') })
    return null
  } catch (error) {
    return readError(error, transport.retryAfter)
  }
}

/** Whole seconds; Twilio takes 1 to 14,400 (error 21624) and advises against fewer than 5. */
function toValidity(milliseconds: number): number {
  return Math.min(14_400, Math.max(5, Math.floor(milliseconds / 1000)))
}

function readSid(sid: unknown): string | null {
  return typeof sid === 'string' && /^(SM|MM)[0-9a-f]{32}$/i.test(sid) ? sid : null
}

/** Of an error only its codes are read: its sentence quotes the number. */
function readError(error: unknown, retryAfter: number | null): SendFault {
  if (error instanceof twilio.RestException)
    return readTwilioRefusal(error.status, toProviderCode(error.code), retryAfter)
  // An answer that is none: the message may have left.
  if (error instanceof SyntaxError) return makeSendFault('provider-error', 'no-json')
  return readNetworkFault(error)
}
