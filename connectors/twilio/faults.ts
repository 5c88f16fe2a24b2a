import type { SendFaultCode } from '../../domain/send-fault.ts'
import type { SendFault } from '../channel.ts'
import { makeSendFault } from '../send-fault.ts'

/**
 * Twilio's error codes that mean something of their own, of requests and of status callbacks
 * (https://www.twilio.com/docs/api/errors).
 */
const meanings: Readonly<Record<string, SendFaultCode>> = {
  // The number.
  21211: 'no-such-address', // not a phone number
  21217: 'no-such-address', // not a valid phone number
  30005: 'no-such-address', // unknown destination handset
  21614: 'not-mobile', // not a mobile number
  21635: 'not-mobile', // a landline
  30006: 'not-mobile', // a landline, or a carrier that takes no messages
  21610: 'opted-out', // answered STOP
  // The account, the sender, the route and the text: nobody is blamed.
  20003: 'refused-credentials',
  20005: 'refused-credentials', // account not active
  30002: 'refused-credentials', // account suspended
  20404: 'misconfigured', // no such account
  21609: 'misconfigured', // status callback URL
  21624: 'misconfigured', // validity period
  21212: 'refused-sender', // not a sender
  21603: 'refused-sender', // no sender given
  21606: 'refused-sender', // not a sender of the account
  21659: 'refused-sender', // not a number of the account
  21703: 'refused-sender', // messaging service without a sender
  21705: 'refused-sender', // no such messaging service
  30032: 'refused-sender', // toll-free number not verified
  30034: 'refused-sender', // number not registered for A2P
  21408: 'refused-destination', // region not switched on
  21612: 'refused-destination', // no route from this sender
  30004: 'refused-destination', // blocked on the way
  30450: 'refused-destination', // fraud guard
  60410: 'refused-destination', // fraud guard, by prefix
  60605: 'refused-destination', // geo permission
  21602: 'refused-content', // empty
  21617: 'refused-content', // too long
  30007: 'refused-content', // filtered by a carrier
  // What may be over in a moment.
  20429: 'busy',
  21611: 'busy', // the sender's queue is full
  30001: 'busy', // queue overflow
  30022: 'busy', // rate of the sender exceeded
  30003: 'unreachable', // handset switched off or without reception
  30008: 'provider-error', // unknown
  30036: 'timeout', // not sent within its validity
}

/** What an error code of a status callback means; one that is not known is passing. */
export function readTwilioCode(code: string): SendFault {
  return makeSendFault(meanings[code] ?? 'provider-error', code)
}

/** What a refused request means, by Twilio's own code first, else by the HTTP status. `retryAfter`: milliseconds. */
export function readTwilioRefusal(status: number, code: string | null, retryAfter: number | null): SendFault {
  const known = code === null ? undefined : meanings[code]
  return makeSendFault(known ?? readStatus(status), code ?? String(status), retryAfter)
}

function readStatus(status: number): SendFaultCode {
  if (status === 401 || status === 403) return 'refused-credentials'
  if (status === 429) return 'busy'
  if (status >= 500) return 'provider-error'
  // A redirect, or an address where no Twilio answers.
  if (status < 400 || status === 404 || status === 405) return 'misconfigured'
  return 'refused-destination'
}
