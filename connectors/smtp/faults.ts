import type { SendFaultCode } from '../../domain/send-fault.ts'
import type { SendFault } from '../channel.ts'
import { readNetworkFault } from '../http-exchange.ts'
import { makeSendFault } from '../send-fault.ts'

/** What is read of an error of nodemailer; its texts quote the address and are not. */
export interface SmtpError {
  readonly code: string
  /** The command that was answered: `CONN`, `MAIL FROM`, `RCPT TO`, `DATA`, `AUTH …`. */
  readonly command: string
  /** The three digits of the answer (RFC 5321 section 4.2), or null where there was none. */
  readonly reply: number | null
  /** The enhanced code of the answer (RFC 3463), or null. */
  readonly enhanced: string | null
  /** What Node called it, before nodemailer did. */
  readonly cause: string
}

/** Enhanced codes by subject and detail; the class digit decides only where the meaning hangs on it. */
const enhancedMeanings: Readonly<Record<string, SendFaultCode>> = {
  '1.1': 'no-such-address', // bad destination mailbox
  '1.2': 'no-such-address', // bad destination system
  '1.3': 'no-such-address', // bad destination syntax
  '1.6': 'no-such-address', // mailbox has moved
  '1.10': 'no-such-address', // recipient has a null MX (RFC 7505)
  '2.1': 'no-such-address', // mailbox disabled
  '2.2': 'mailbox-full',
  '1.7': 'refused-sender', // bad sender syntax
  '1.8': 'refused-sender', // bad sender system
  '2.3': 'refused-content', // too long for the mailbox
  '3.4': 'refused-content', // too long for the system
  '7.8': 'refused-credentials', // RFC 4954
  '7.9': 'refused-credentials',
  '7.14': 'refused-credentials',
  '7.20': 'refused-sender', // DKIM, SPF, DMARC, reverse DNS (RFC 7372)
  '7.21': 'refused-sender',
  '7.22': 'refused-sender',
  '7.23': 'refused-sender',
  '7.24': 'refused-sender',
  '7.25': 'refused-sender',
  '7.26': 'refused-sender',
  '7.27': 'refused-sender',
}

/** Errors of nodemailer without an answer of the server. */
const ownCodes: Readonly<Record<string, SendFaultCode>> = {
  EAUTH: 'refused-credentials',
  ENOAUTH: 'refused-credentials',
  ECONFIG: 'misconfigured',
  ETLS: 'misconfigured', // STARTTLS missing, refused or broken
  EREQUIRETLS: 'misconfigured',
  ETIMEDOUT: 'timeout',
  EABORT: 'timeout',
  ECONNECTION: 'unreachable',
  EDNS: 'unreachable',
  EPROTOCOL: 'provider-error',
}

/** What went wrong, by the answer's enhanced code, then its digits and the command, then the error's own code. */
export function readSmtpFault(error: SmtpError): SendFault {
  const { reply, enhanced, code } = error
  const providerCode = enhanced ?? (reply === null ? code || null : String(reply))
  if (reply !== null && reply >= 400) {
    const meaning = reply >= 500 && reply !== 503 ? readPermanent(error) : readTransient(error)
    return makeSendFault(meaning, providerCode)
  }
  if (code === 'ESOCKET') return readNetworkFault({ code: error.cause })
  return makeSendFault(ownCodes[code] ?? 'provider-error', providerCode)
}

function readPermanent({ code, command, reply, enhanced }: SmtpError): SendFaultCode {
  if (code === 'EAUTH' || reply === 530 || reply === 535) return 'refused-credentials'
  if (code === 'ETLS') return 'misconfigured'
  const known = enhanced === null ? undefined : enhancedMeanings[enhanced.slice(2)]
  if (known !== undefined) return known
  // The mailbox, in the words of before RFC 3463; a policy (5.7.x) or a route (5.4.x) is not its fault.
  if (enhanced === null && reply === 552) return 'mailbox-full'
  if (command === 'RCPT TO' && enhanced === null && [550, 551, 553].includes(reply ?? 0))
    return 'no-such-address'
  if (command === 'RCPT TO') return 'refused-destination'
  if (command === 'MAIL FROM' || command === 'CONN') return 'refused-sender'
  if (command === 'DATA') return 'refused-content'
  return 'misconfigured'
}

function readTransient({ reply, enhanced }: SmtpError): SendFaultCode {
  const subject = enhanced?.slice(2) ?? ''
  if (subject === '2.2') return 'mailbox-full'
  // Greylisting and limits are said by 4.7.x, 421 and 450; 452 is a full disk.
  if (subject.startsWith('7.') || subject === '3.2' || reply === 421 || reply === 450 || reply === 452)
    return 'busy'
  return 'provider-error'
}

/** The parts of an error that are safe to keep. */
export function readSmtpError(error: unknown): SmtpError {
  const part = (name: string): unknown =>
    typeof error === 'object' && error !== null && name in error ? Reflect.get(error, name) : undefined
  const text = (name: string): string => {
    const value = part(name)
    return typeof value === 'string' ? value : ''
  }
  const reply = part('responseCode')
  const [, enhanced = null] = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(text('response')) ?? []
  return {
    code: text('code'),
    command: text('command'),
    reply: typeof reply === 'number' ? reply : null,
    enhanced,
    cause: text('originalCode') || text('code'),
  }
}
