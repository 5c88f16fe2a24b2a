import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ChannelSettings,
  emailChannel,
  openChannel,
  smsChannel,
} from '../../connectors/channel-registry.ts'
import { Outbox } from '../../connectors/outbox/index.ts'
import { describeMessageChannel, makeMessage } from '../contract/message-channel.ts'
import { makeAuthority } from '../support/certificates.ts'
import { type LocalServer, startLocalServer } from '../support/http-requests.ts'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'
import { startTwilioServer, type TwilioServer, twilioAccount } from '../support/twilio-server.ts'

const outbox = new Outbox(() => new Date())
const open = (settings: ChannelSettings) =>
  openChannel(settings, { publicUrl: 'http://127.0.0.1:8080', outbox })

let twilio: TwilioServer
let silentTwilio: TwilioServer
let gateway: LocalServer
let silentGateway: LocalServer
let smtp: SmtpServer
let silentSmtp: SmtpServer
let ca: string
beforeAll(async () => {
  twilio = await startTwilioServer()
  silentTwilio = await startTwilioServer()
  silentTwilio.answerAll('hang')
  gateway = await startLocalServer(() => ({ status: 202, body: '{"id":"m-1"}' }))
  silentGateway = await startLocalServer(() => 'hang')
  const authority = makeAuthority(tmpdir())
  const { cert, key } = authority.issue('127.0.0.1')
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  ca = authority.ca
  smtp = await startSmtpServer({ tls })
  silentSmtp = await startSmtpServer({ tls })
  silentSmtp.refuseNext('rcpt', ...Array.from({ length: 10 }, () => 'hang'))
})
afterAll(async () => {
  await Promise.all([twilio, silentTwilio, gateway, silentGateway, smtp, silentSmtp].map((it) => it.close()))
})

describe('twilio', () => {
  const settings = (url: string) =>
    smsChannel.parse({
      type: 'twilio',
      account: twilioAccount,
      token: 'secret',
      from: 'Muster',
      url,
      timeout: '1s',
    })
  describeMessageChannel({
    kind: 'sms',
    open: () => open(settings(twilio.url)),
    openBroken: () => open(settings('http://127.0.0.1:1')),
    openSilent: () => open(settings(silentTwilio.url)),
    received: () =>
      twilio.messages.map(({ fields }) => ({ to: [fields['To'] ?? ''], raw: fields['Body'] ?? '' })),
  })
})

describe('http-sms', () => {
  const settings = (url: string) =>
    smsChannel.parse({
      type: 'http-sms',
      url,
      body: { json: { to: ['{to}'], text: '{text}', id: '{id}' } },
      success: { id: 'id' },
      network: 'loopback',
      timeout: '1s',
    })
  describeMessageChannel({
    kind: 'sms',
    open: () => open(settings(gateway.url)),
    openBroken: () => open(settings('http://127.0.0.1:1')),
    openSilent: () => open(settings(silentGateway.url)),
    received: () =>
      gateway.requests.map(({ body }) => ({ to: (JSON.parse(body) as { to: string[] }).to, raw: body })),
  })
})

describe('smtp', () => {
  const settings = (port: number) =>
    emailChannel.parse({
      type: 'smtp',
      host: '127.0.0.1',
      port,
      from: 'no-reply@example.org',
      ca,
      timeout: '1s',
    })
  describeMessageChannel({
    kind: 'email',
    open: () => open(settings(smtp.port)),
    openBroken: () => open(settings(1)),
    openSilent: () => open(settings(silentSmtp.port)),
    received: () => smtp.mails,
  })
})

describe.each(['email', 'sms'] as const)('outbox, for %s', (kind) => {
  describeMessageChannel({
    kind,
    open: () => open({ type: 'outbox', capacity: 100 }),
    openBroken: null,
    openSilent: null,
    received: () =>
      outbox
        .list()
        .map(({ to, text }) => ({ to: [to], raw: text }))
        .toReversed(),
  })

  it('shows the newest first, keeps so many, and tells of each as it comes', async () => {
    const own = new Outbox(() => new Date(0))
    const channel = openChannel({ type: 'outbox', capacity: 2 }, { publicUrl: null, outbox: own })
    const told: number[] = []
    const stop = own.subscribe(({ number }) => told.push(number))
    const { signal } = new AbortController()
    for (const _ of [1, 2, 3]) await channel.send(makeMessage(kind), signal)
    stop()
    await channel.send(makeMessage(kind), signal)
    expect(own.list().map(({ number, channel: way }) => [number, way])).toEqual([
      [4, kind],
      [3, kind],
    ])
    expect(told).toEqual([1, 2, 3])
  })
})
