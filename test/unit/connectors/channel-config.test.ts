import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { emailChannel, smsChannel } from '../../../connectors/channel-registry.ts'
import { parseSender } from '../../../connectors/smtp/sender-address.ts'

const account = `AC${'0'.repeat(32)}`
const twilio = { type: 'twilio', account, token: { env: 'TOKEN' }, messagingService: `MG${'0'.repeat(32)}` }
const smtp = { type: 'smtp', host: 'mail.example.com', from: 'Muster <no-reply@example.com>' }
const gateway = {
  type: 'http-sms',
  url: 'https://sms.example.com/send',
  body: { form: { to: '{to}', text: '{text}' } },
}

function faultsOf(schema: z.ZodType, settings: unknown): string {
  const result = schema.safeParse(settings)
  return result.success
    ? ''
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n')
}

describe('the configuration of a channel', () => {
  it('needs little, and fills in the rest', () => {
    expect(smsChannel.parse(twilio)).toMatchObject({ url: 'https://api.twilio.com', timeout: '8s' })
    expect(emailChannel.parse(smtp)).toMatchObject({ tls: 'starttls', connections: 5, timeout: '8s' })
    expect(smsChannel.parse(gateway)).toMatchObject({ method: 'POST', network: 'public', timeout: '8s' })
    expect(smsChannel.parse({ type: 'outbox' })).toEqual({ type: 'outbox', capacity: 200 })
  })

  it.each([
    ['neither key nor token', { token: undefined }, /^token: .*API key/],
    ['half an API key', { apiKeySid: `SK${'0'.repeat(32)}` }, /^apiKeySid: .*need each other/],
    ['the other half', { apiKey: { env: 'KEY' } }, /^apiKey: .*need each other/],
    ['two senders', { from: '+15005550006' }, /^from: either/],
    ['no sender', { messagingService: undefined }, /^messagingService: either/],
    ['an account that is none', { account: 'AC1' }, /^account: AC and 32/],
    ['an address without TLS', { url: 'http://gateway.example.com' }, /^url: https/],
    ['an address with a password', { url: 'https://a:b@gateway.example.com' }, /^url: /],
    ['a timeout that nobody waits for', { timeout: '5m' }, /^timeout: at most 30s/],
    ['a timeout that is none', { timeout: 'soon' }, /^timeout: a duration/],
    ['a country that is none', { countries: ['Germany'] }, /^countries\.0: ISO 3166-1/],
    ['an unknown key', { acount: 'x' }, /acount/],
  ])('refuses %s, for twilio', (_, changes, message) => {
    expect(faultsOf(smsChannel, { ...twilio, ...changes })).toMatch(message)
  })

  it.each([
    ['a password that travels readable', { tls: 'none' }, /^tls: .*loopback only/],
    ['a user without a password', { user: 'muster' }, /^user: .*need each other/],
    ['a password without a user', { password: { env: 'P' } }, /^password: .*need each other/],
    ['two senders', { from: 'a@example.com, b@example.com' }, /^from: /],
    ['a sender with a header', { from: 'Muster\r\nBcc: x <a@example.com>' }, /^from: /],
    ['a host that is an address', { host: 'smtp://mail.example.com' }, /^host: /],
  ])('refuses %s, for smtp', (_, changes, message) => {
    expect(faultsOf(emailChannel, { ...smtp, ...changes })).toMatch(message)
  })

  it('allows a server without TLS on this machine', () => {
    expect(faultsOf(emailChannel, { ...smtp, host: '127.0.0.1', tls: 'none' })).toBe('')
  })

  it.each([
    ['a host that is not https', { url: 'http://sms.example.com' }, /^url: https is needed/],
    [
      'http off loopback',
      { url: 'http://sms.example.com', network: 'loopback' },
      /^url: http is for loopback/,
    ],
    ['no body', { body: {} }, /^body: either json or form/],
    ['two bodies', { body: { json: {}, form: {} } }, /^body: either json or form/],
    [
      'a placeholder that does not exist',
      { body: { json: { to: ['{too}'] } } },
      /^body: .*did you mean \{to\}/,
    ],
    ['a number in a header', { headers: { 'X-To': '{to}' } }, /^headers: there is nothing called \{to\}/],
    ['a header of two lines', { headers: { 'X-A': 'a\r\nX-B: b' } }, /^headers\.X-A: one line/],
    ['a secret by a taken name', { secrets: { text: { env: 'T' } } }, /^secrets\.text: .*taken/],
    ['half a rule of success', { success: { path: 'status' } }, /^success: .*need each other/],
    [
      'a fault that does not exist',
      { faults: { path: 'code', codes: { 1: 'broken' } } },
      /^faults\.codes\.1/,
    ],
    ['a method that has the code in the URL', { method: 'GET' }, /^method: /],
  ])('refuses %s, for http-sms', (_, changes, message) => {
    expect(faultsOf(smsChannel, { ...gateway, ...changes })).toMatch(message)
  })
})

describe('a sender', () => {
  it.each([
    ['no-reply@example.com', '', 'no-reply@example.com'],
    ['Muster <no-reply@example.com>', 'Muster', 'no-reply@example.com'],
    ['"Codes, by Muster" <no-reply@example.com>', 'Codes, by Muster', 'no-reply@example.com'],
  ])('%s has a name and an address', (text, name, address) => {
    expect(parseSender(text)).toEqual({ name, address })
  })
  it.each(['', 'Muster', '<>', 'a <b> <c@example.com>', 'a@example.com b@example.com'])(
    '%s is none',
    (text) => {
      expect(parseSender(text)).toBeNull()
    },
  )
})
