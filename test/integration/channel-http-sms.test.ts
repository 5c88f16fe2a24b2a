import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { httpSmsConfig, openHttpSms } from '../../connectors/http-sms/index.ts'
import { makeMessage } from '../contract/message-channel.ts'
import { makeAuthority } from '../support/certificates.ts'
import { type LocalAnswer, startLocalServer } from '../support/http-requests.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const { signal } = new AbortController()
const message = makeMessage('sms')
const json = { json: { messages: [{ to: '{digits}', body: '{text}', reference: '{id}', ttl: '{seconds}' }] } }

async function start(answer: LocalAnswer, changes: object = {}) {
  const server = await startLocalServer(() => answer)
  const settings = {
    type: 'http-sms',
    url: `${server.url}/v1/send`,
    body: json,
    network: 'loopback',
    timeout: '2s',
  }
  const channel = openHttpSms(httpSmsConfig.parse({ ...settings, ...changes }))
  closing.push(server.close, channel.close)
  return { server, channel }
}

describe('a text message by an HTTP gateway', () => {
  it('is JSON of the given shape, whatever its text says', async () => {
    const { server, channel } = await start(
      { status: 200, body: '{"messages":[{"id":"m-7"}]}' },
      {
        success: { id: 'messages.0.id' },
        headers: { Authorization: 'Bearer {token}' },
        secrets: { token: 'T-1' },
      },
    )
    const text = '421288 "}]}, {to}\n@portal.example.com #421288'
    expect(await channel.send(makeMessage('sms', { text }), signal)).toEqual({ ok: true, providerId: 'm-7' })
    const [request] = server.requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/send' })
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer T-1',
      'content-type': 'application/json',
    })
    expect(JSON.parse(request?.body ?? '')).toEqual({
      messages: [{ to: '4915112345678', body: text, reference: message.deliveryId, ttl: 300 }],
    })
  })

  it('is a form of the given fields, with a secret in one of them', async () => {
    const form = { user: 'muster', password: '{password}', to: '{to}', text: '{text}' }
    const { server, channel } = await start(
      { status: 204, body: '' },
      { method: 'PUT', body: { form }, secrets: { password: 'p&s={text}' } },
    )
    expect(await channel.send(makeMessage('sms', { text: 'a&to=+1' }), signal)).toEqual({
      ok: true,
      providerId: null,
    })
    expect(server.requests[0]).toMatchObject({ method: 'PUT' })
    expect(Object.fromEntries(new URLSearchParams(server.requests[0]?.body))).toEqual({
      user: 'muster',
      password: 'p&s={text}',
      to: '+4915112345678',
      text: 'a&to=+1',
    })
  })

  it.each([
    [301, 'misconfigured', 'channel'],
    [400, 'refused-destination', 'channel'],
    [401, 'refused-credentials', 'channel'],
    [402, 'refused-credentials', 'channel'],
    [404, 'misconfigured', 'channel'],
    [408, 'timeout', 'passing'],
    [422, 'refused-destination', 'channel'],
    [429, 'busy', 'passing'],
    [500, 'provider-error', 'passing'],
    [503, 'busy', 'passing'],
  ])('answered with %i is %s', async (status, code, kind) => {
    const { server, channel } = await start({
      status,
      headers: { location: '/elsewhere', 'retry-after': '3' },
      body: '',
    })
    expect(await channel.send(message, signal)).toEqual({
      ok: false,
      fault: { code, class: kind, providerCode: String(status), retryAfter: 3000 },
    })
    expect(server.requests).toHaveLength(1)
  })

  it("is judged by the gateway's own words where they are configured", async () => {
    const rules = {
      success: { statuses: [200], path: 'status', oneOf: ['queued', '0'] },
      faults: { path: 'error.code', codes: { 104: 'no-such-address', quota: 'busy' } },
    }
    const read = async (status: number, document: unknown) => {
      const { channel } = await start({ status, body: JSON.stringify(document) }, rules)
      return channel.send(message, signal)
    }
    expect(await read(200, { status: 0 })).toMatchObject({ ok: true })
    expect(await read(202, { status: 'queued' })).toMatchObject({ ok: false })
    expect(await read(200, { status: 'error', error: { code: 104 } })).toMatchObject({
      fault: { code: 'no-such-address', class: 'address', providerCode: '104' },
    })
    expect(await read(400, { error: { code: 'quota' } })).toMatchObject({ fault: { code: 'busy' } })
    expect(await read(500, { error: { code: 'other' } })).toMatchObject({ fault: { code: 'provider-error' } })
    expect(await read(200, { status: 'error', error: { code: '+4915112345678' } })).toMatchObject({
      fault: { code: 'refused-destination', providerCode: '200' },
    })
  })

  it('reads of a long answer no more than it needs', async () => {
    const { channel } = await start({ status: 200, body: 'x'.repeat(5_000_000) })
    expect(await channel.send(message, signal)).toEqual({ ok: true, providerId: null })
  })

  it('is not sent to this machine or an inner network unless that is allowed', async () => {
    for (const [network, url] of [
      ['public', 'https://127.0.0.1:1/'],
      ['private', 'https://localhost:1/'],
      ['public', 'https://10.0.0.1/'],
      ['private', 'https://169.254.169.254/latest/meta-data'],
      ['public', 'https://[::ffff:127.0.0.1]/'],
    ]) {
      const { channel } = await start({ status: 200, body: '' }, { network, url })
      const fault = { code: 'misconfigured', class: 'channel', providerCode: 'refused-address' }
      expect(await channel.send(message, signal), url).toMatchObject({ ok: false, fault })
      expect(await channel.test(signal)).toMatchObject({
        ok: false,
        message: expect.stringContaining('refused-address'),
      })
    }
  })

  it('is not sent to a gateway whose certificate nobody vouches for', async () => {
    const { cert, key } = makeAuthority(tmpdir()).issue('127.0.0.1')
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    const server = await startLocalServer(() => ({ status: 200, body: '' }), tls)
    closing.push(server.close)
    const { channel } = await start({ status: 200, body: '' }, { url: server.url })
    expect(await channel.send(message, signal)).toMatchObject({
      fault: { code: 'misconfigured', class: 'channel' },
    })
    expect(server.requests).toEqual([])
  })
})
