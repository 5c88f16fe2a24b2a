import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRetryAfter } from '../../../connectors/http-exchange.ts'
import { isMailbox, isNumber } from '../../../connectors/recipient.ts'
import { toProviderCode } from '../../../connectors/send-fault.ts'
import { readSmtpError, readSmtpFault } from '../../../connectors/smtp/faults.ts'
import { readTwilioCode, readTwilioRefusal } from '../../../connectors/twilio/faults.ts'
import { hostileMailboxes, hostileNumbers } from '../../contract/message-channel.ts'

/** The table of the reference, section 6.1, and the codes beside it. */
const twilioTable = [
  ['address', 'no-such-address', [21211, 21217, 30005]],
  ['address', 'not-mobile', [21614, 21635, 30006]],
  ['address', 'opted-out', [21610]],
  ['channel', 'refused-credentials', [20003, 20005, 30002]],
  ['channel', 'refused-destination', [21408, 21612, 30004, 30450, 60410, 60605]],
  ['channel', 'refused-sender', [21212, 21603, 21606, 21659, 21703, 21705, 30032, 30034]],
  ['channel', 'refused-content', [21602, 21617, 30007]],
  ['channel', 'misconfigured', [20404, 21609, 21624]],
  ['passing', 'unreachable', [30003]],
  ['passing', 'busy', [20429, 21611, 30001, 30022]],
  ['passing', 'provider-error', [30008, 99999]],
  ['passing', 'timeout', [30036]],
] as const

describe('an error code of Twilio', () => {
  const lines = twilioTable.flatMap(([kind, code, numbers]) =>
    numbers.map((number) => ({ kind, code, number })),
  )
  it.each(lines)('$number is $code, final for: $kind', ({ kind, code, number }) => {
    const providerCode = String(number)
    expect(readTwilioCode(providerCode)).toEqual({ code, class: kind, providerCode, retryAfter: null })
  })

  it.each([
    [400, 'refused-destination'],
    [401, 'refused-credentials'],
    [403, 'refused-credentials'],
    [404, 'misconfigured'],
    [302, 'misconfigured'],
    [429, 'busy'],
    [500, 'provider-error'],
    [503, 'provider-error'],
  ])('that is unknown leaves the status %i to decide: %s', (status, code) => {
    expect(readTwilioRefusal(status, null, 3000)).toMatchObject({
      code,
      providerCode: String(status),
      retryAfter: 3000,
    })
    expect(readTwilioRefusal(status, '12345', null)).toMatchObject({ code, providerCode: '12345' })
  })
})

describe('an answer of an SMTP server', () => {
  const read = (response: string, command: string, code = 'EENVELOPE') =>
    readSmtpFault(readSmtpError({ code, command, response, responseCode: Number(response.slice(0, 3)) }))
  it.each([
    ['550 5.1.1 no such user', 'RCPT TO', 'no-such-address', '5.1.1'],
    ['550 no such user', 'RCPT TO', 'no-such-address', '550'],
    ['553 bad mailbox', 'RCPT TO', 'no-such-address', '553'],
    ['556 5.1.10 null MX', 'RCPT TO', 'no-such-address', '5.1.10'],
    ['550 5.2.1 disabled', 'RCPT TO', 'no-such-address', '5.2.1'],
    ['550 5.1.2 no such domain', 'RCPT TO', 'no-such-address', '5.1.2'],
    ['552 5.2.2 full', 'RCPT TO', 'mailbox-full', '5.2.2'],
    ['552 full', 'DATA', 'mailbox-full', '552'],
    ['452 4.2.2 full', 'RCPT TO', 'mailbox-full', '4.2.2'],
    ['554 5.7.1 relay access denied', 'RCPT TO', 'refused-destination', '5.7.1'],
    ['554 5.4.4 no route', 'RCPT TO', 'refused-destination', '5.4.4'],
    ['554 no', 'RCPT TO', 'refused-destination', '554'],
    ['550 5.7.1 not your domain', 'MAIL FROM', 'refused-sender', '5.7.1'],
    ['550 5.1.8 bad sender', 'MAIL FROM', 'refused-sender', '5.1.8'],
    ['550 5.7.26 DMARC', 'DATA', 'refused-sender', '5.7.26'],
    ['554 5.7.1 spam', 'DATA', 'refused-content', '5.7.1'],
    ['552 5.3.4 too long', 'MAIL FROM', 'refused-content', '5.3.4'],
    ['535 5.7.8 wrong password', 'AUTH PLAIN', 'refused-credentials', '5.7.8'],
    ['530 authentication required', 'MAIL FROM', 'refused-credentials', '530'],
    ['554 no service for you', 'CONN', 'refused-sender', '554'],
    ['502 what', 'EHLO', 'misconfigured', '502'],
    ['421 4.3.2 going down', 'CONN', 'busy', '4.3.2'],
    ['450 4.7.1 greylisted', 'RCPT TO', 'busy', '4.7.1'],
    ['451 4.7.1 slow down', 'RCPT TO', 'busy', '4.7.1'],
    ['452 disk full', 'RCPT TO', 'busy', '452'],
    ['451 4.3.0 local error', 'RCPT TO', 'provider-error', '4.3.0'],
    ['503 bad sequence', 'DATA', 'provider-error', '503'],
  ])('"%s" to %s is %s', (response, command, code, providerCode) => {
    const own = command.startsWith('AUTH') ? 'EAUTH' : 'EENVELOPE'
    expect(read(response, command, own)).toMatchObject({ code, providerCode })
  })

  it.each([
    ['EAUTH', 'refused-credentials', 'channel'],
    ['ENOAUTH', 'refused-credentials', 'channel'],
    ['ECONFIG', 'misconfigured', 'channel'],
    ['ETLS', 'misconfigured', 'channel'],
    ['ETIMEDOUT', 'timeout', 'passing'],
    ['ECONNECTION', 'unreachable', 'passing'],
    ['EDNS', 'unreachable', 'passing'],
    ['EPROTOCOL', 'provider-error', 'passing'],
    ['ESOMETHING', 'provider-error', 'passing'],
  ])('that is missing leaves %s to decide: %s', (code, meaning, kind) => {
    expect(readSmtpFault(readSmtpError({ code }))).toMatchObject({
      code: meaning,
      class: kind,
      providerCode: code,
    })
  })

  it.each([
    ['ECONNREFUSED', 'unreachable'],
    ['ECONNRESET', 'unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'misconfigured'],
    ['CERT_HAS_EXPIRED', 'misconfigured'],
  ])('on a socket that fails with %s is %s', (originalCode, meaning) => {
    expect(readSmtpFault(readSmtpError({ code: 'ESOCKET', originalCode }))).toMatchObject({ code: meaning })
  })

  it('never keeps what the server wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.string(), (reply, text) => {
        const response = `${reply} ${text} victim@example.com`
        const fault = readSmtpFault(
          readSmtpError({ code: 'EENVELOPE', command: 'RCPT TO', response, responseCode: reply }),
        )
        expect(fault.providerCode).toMatch(/^(\d{3}|[245]\.\d{1,3}\.\d{1,3})$/)
      }),
    )
  })
})

describe('a recipient', () => {
  it.each([
    'anna@example.com',
    "o'hara+code@mail.example.co.uk",
    'a.b-c_d@xn--exmple-cua.com',
    `${'a'.repeat(64)}@b.de`,
  ])('may be %s', (text) => expect(isMailbox(text)).toBe(true))
  it.each(hostileMailboxes)('may not be %s', (_, text) => expect(isMailbox(text)).toBe(false))
  it.each(['+4915112345678', '+12025550123'])('may be the number %s', (text) =>
    expect(isNumber(text)).toBe(true),
  )
  it.each(hostileNumbers)('may not be %s, for a text message', (_, text) =>
    expect(isNumber(text)).toBe(false),
  )

  it('is never more than one, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        for (const between of [',', ';', ' ', '\r\n', '<', '>', '"', '(', ':', '@', '\\'])
          expect(isMailbox(`${one}a@example.com${between}${other}`)).toBe(false)
      }),
    )
  })
})

describe('a provider', () => {
  it('asks to wait in seconds or until a time', () => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    expect(readRetryAfter('7', now)).toBe(7000)
    expect(readRetryAfter('Thu, 01 Jan 2026 00:00:09 GMT', now)).toBe(9000)
    expect(readRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0)
    expect(readRetryAfter('soon', now)).toBeNull()
    expect(readRetryAfter(undefined, now)).toBeNull()
  })

  it('gives codes, and texts that could be a number or an address are none', () => {
    expect(toProviderCode(21211)).toBe('21211')
    expect(toProviderCode('E_QUOTA')).toBe('E_QUOTA')
    for (const text of [
      '+4915112345678',
      '4915112345678',
      'a@b.de',
      'no such user',
      '',
      null,
      {},
      'x'.repeat(33),
    ])
      expect(toProviderCode(text)).toBeNull()
  })
})
