import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MessageChannel } from '../../connectors/channel.ts'
import { smsChannel } from '../../connectors/channel-registry.ts'
import {
  openTwilio,
  readTwilioStatus,
  twilioCallbackUrl,
  type twilioConfig,
  verifyTwilioSignature,
} from '../../connectors/twilio/index.ts'
import { canaryCode, makeMessage } from '../contract/message-channel.ts'
import {
  startTwilioServer,
  type TwilioServer,
  twilioAccount,
  twilioError,
  twilioToken,
} from '../support/twilio-server.ts'

let server: TwilioServer
beforeAll(async () => {
  server = await startTwilioServer()
})
afterAll(() => server.close())

const { signal } = new AbortController()
const publicUrl = 'http://127.0.0.1:8080'
const message = makeMessage('sms')

function open(changes: object = {}, reachedAt: string | null = publicUrl): MessageChannel {
  const base = {
    type: 'twilio',
    account: twilioAccount,
    token: twilioToken,
    from: 'Muster',
    url: server.url,
    timeout: '2s',
  }
  const settings = smsChannel.parse({ ...base, ...changes })
  if (settings.type !== 'twilio') throw new Error('not twilio')
  return openTwilio(settings satisfies import('zod').infer<typeof twilioConfig>, { publicUrl: reachedAt })
}

async function send(channel: MessageChannel, changes: Parameters<typeof makeMessage>[1] = {}) {
  const outcome = await channel.send(makeMessage('sms', changes), signal)
  await channel.close()
  return outcome
}

describe('a text message by Twilio', () => {
  it('is asked for by the official client, kept by nobody, and not sent when its code is dead', async () => {
    const sent = await send(open(), { validFor: 272_900 })
    expect(sent).toEqual({ ok: true, providerId: expect.stringMatching(/^SM[0-9a-f]{32}$/) })
    expect(server.messages.at(-1)).toEqual({
      account: twilioAccount,
      credentials: `${twilioAccount}:${twilioToken}`,
      fields: {
        To: message.to,
        From: 'Muster',
        Body: message.text,
        StatusCallback: `${publicUrl}/callbacks/twilio/${message.deliveryId}`,
        ValidityPeriod: '272',
        ContentRetention: 'discard',
        AddressRetention: 'obfuscate',
        SmartEncoded: 'true',
      },
    })
  })

  it('is sent by an API key and a messaging service, and then the token only checks reports', async () => {
    const [apiKeySid, messagingService] = [`SK${'1'.repeat(32)}`, `MG${'2'.repeat(32)}`]
    await send(open({ apiKeySid, apiKey: 'key-secret', messagingService, from: undefined }))
    const last = server.messages.at(-1)
    expect(last).toMatchObject({ account: twilioAccount, credentials: `${apiKeySid}:key-secret` })
    expect(last?.fields).toMatchObject({ MessagingServiceSid: messagingService })
    expect(last?.fields).toHaveProperty('StatusCallback')
    expect(last?.fields).not.toHaveProperty('From')
  })

  it('asks for no report that nobody could check or Twilio could not bring', async () => {
    await send(open({ apiKeySid: `SK${'1'.repeat(32)}`, apiKey: 'key-secret', token: undefined }))
    expect(server.messages.at(-1)?.fields).not.toHaveProperty('StatusCallback')
    await send(open({}, null))
    expect(server.messages.at(-1)?.fields).not.toHaveProperty('StatusCallback')
  })

  it.each([
    [400, 21211, 'no-such-address', 'address'],
    [400, 21614, 'not-mobile', 'address'],
    [400, 21610, 'opted-out', 'address'],
    [403, 21408, 'refused-destination', 'channel'],
    [401, 20003, 'refused-credentials', 'channel'],
    [400, 30034, 'refused-sender', 'channel'],
    [400, 30007, 'refused-content', 'channel'],
    [400, 30003, 'unreachable', 'passing'],
    [500, 20500, 'provider-error', 'passing'],
    [503, 20503, 'provider-error', 'passing'],
  ])('that is refused with status %i and error %i is %s', async (status, number, code, kind) => {
    server.answerNext(twilioError(status, number))
    const outcome = await send(open())
    expect(outcome).toEqual({
      ok: false,
      fault: { code, class: kind, providerCode: String(number), retryAfter: null },
    })
    expect(JSON.stringify(outcome)).not.toMatch(/\+49|421288|number/)
  })

  it('that comes too fast waits as long as Twilio asks', async () => {
    server.answerNext(twilioError(429, 20429, { 'retry-after': '7' }))
    expect(await send(open())).toMatchObject({ fault: { code: 'busy', class: 'passing', retryAfter: 7000 } })
  })

  it.each([
    ['an answer that is no JSON', { status: 201, body: '<html>' }, 'provider-error'],
    ['a fault that is no JSON', { status: 502, body: '<html>Bad gateway</html>' }, 'provider-error'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }, 'misconfigured'],
    ['a connection that breaks', 'drop', 'unreachable'],
  ] as const)('meets %s without a throw', async (_, answer, code) => {
    server.answerNext(answer)
    expect(await send(open())).toMatchObject({ ok: false, fault: { code } })
  })

  it('is asked for once: nothing is repeated behind our back', async () => {
    const before = server.messages.length
    server.answerNext(twilioError(429, 20429))
    await send(open())
    expect(server.messages).toHaveLength(before + 1)
  })

  it('is tested by the credentials alone', async () => {
    const channel = open({ token: 'wrong' })
    expect(await channel.test(signal)).toEqual({ ok: false, message: 'Twilio: refused-credentials (20003)' })
    await channel.close()
  })
})

describe('a status callback of Twilio', () => {
  const url = twilioCallbackUrl('https://codes.example.com', message.deliveryId)
  const params = {
    MessageSid: `SM${'a'.repeat(32)}`,
    MessageStatus: 'delivered',
    To: message.to,
    AccountSid: twilioAccount,
  }
  const signature = twilio.getExpectedTwilioSignature(twilioToken, url, params)

  it('is believed when its signature is right for the configured URL', () => {
    expect(url).toBe(`https://codes.example.com/callbacks/twilio/${message.deliveryId}`)
    expect(twilioCallbackUrl('https://example.com/muster', 'd')).toBe(
      'https://example.com/muster/callbacks/twilio/d',
    )
    expect(verifyTwilioSignature({ authToken: twilioToken, url, params, signature })).toBe(true)
  })

  it.each([
    ['another token', { authToken: 'another' }],
    ['another delivery', { url: url.replace(/.$/, '2') }],
    ['another host', { url: url.replace('codes.', 'evil.') }],
    ['a changed field', { params: { ...params, MessageStatus: 'failed' } }],
    ['one more field', { params: { ...params, ErrorCode: '30003' } }],
    ['no signature', { signature: undefined }],
    ['an empty signature', { signature: '' }],
    ['junk', { signature: 'junk' }],
    ['a URL that is none', { url: 'callbacks' }],
  ])('is not believed with %s', (_, changes) => {
    expect(verifyTwilioSignature({ authToken: twilioToken, url, params, signature, ...changes })).toBe(false)
  })

  it.each([
    ['queued', null],
    ['accepted', null],
    ['sending', null],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['undelivered', 'failed'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
    ['constructor', null],
    ['', null],
  ])('of %s is read as %s', (MessageStatus, status) => {
    const report = readTwilioStatus({ ...params, MessageStatus, ErrorCode: '30003' })
    const providerCode = status === 'failed' ? '30003' : null
    expect(report).toEqual(status === null ? null : { providerId: params.MessageSid, status, providerCode })
  })

  it('is read by its message id and code only', () => {
    expect(readTwilioStatus({ ...params, MessageSid: canaryCode })).toBeNull()
    expect(readTwilioStatus({})).toBeNull()
    const report = readTwilioStatus({ ...params, MessageStatus: 'failed', ErrorCode: `30003 ${message.to}` })
    expect(report?.providerCode).toBeNull()
  })
})
