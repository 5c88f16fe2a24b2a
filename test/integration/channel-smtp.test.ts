import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { MessageChannel } from '../../connectors/channel.ts'
import { openSmtp, smtpConfig } from '../../connectors/smtp/index.ts'
import { openTransport } from '../../connectors/smtp/transport.ts'
import { hostileMailboxes, makeMessage } from '../contract/message-channel.ts'
import { type CertificateAuthority, makeAuthority } from '../support/certificates.ts'
import {
  type SmtpReply,
  type SmtpServerSettings,
  type SmtpStep,
  startSmtpServer,
} from '../support/smtp-server.ts'

let authority: CertificateAuthority
let tls: { readonly cert: string; readonly key: string }
beforeAll(() => {
  authority = makeAuthority(tmpdir())
  tls = issue('127.0.0.1')
})

function issue(host: string, days?: number) {
  const { cert, key } = authority.issue(host, days)
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const { signal } = new AbortController()

async function start(settings: SmtpServerSettings = {}, changes: object = {}) {
  const server = await startSmtpServer({ tls, ...settings })
  const channel = openSmtp(
    smtpConfig.parse({
      type: 'smtp',
      host: '127.0.0.1',
      port: server.port,
      from: '"Muster, codes" <no-reply@example.org>',
      ca: authority.ca,
      timeout: '2s',
      ...changes,
    }),
  )
  closing.push(server.close, channel.close)
  return { server, channel }
}

const send = (channel: MessageChannel, changes: Parameters<typeof makeMessage>[1] = {}) =>
  channel.send(makeMessage('email', changes), signal)

describe('a mail by SMTP', () => {
  it('goes over TLS to one mailbox, says that a machine wrote it, and names itself by the delivery', async () => {
    const { server, channel } = await start()
    expect(await send(channel)).toEqual({ ok: true, providerId: '4F1A2B3C4D' })
    const [mail] = server.mails
    expect(mail).toMatchObject({
      from: 'no-reply@example.org',
      to: [makeMessage('email').to],
      secure: true,
      user: '',
    })
    const [head = ''] = mail?.raw.split('\r\n\r\n') ?? []
    expect(head).toMatch(/^From: "Muster, codes" <no-reply@example\.org>$/m)
    expect(head).toMatch(/^To: anna\.o'hara\+code@example\.com$/m)
    expect(head).toMatch(/^Subject: Your code for the staff portal$/m)
    expect(head).toMatch(/^Message-ID: <0198c0de-0000-7000-8000-000000000001@example\.org>$/m)
    expect(head).toMatch(/^Auto-Submitted: auto-generated$/m)
    expect(head).toMatch(/^X-Auto-Response-Suppress: All$/m)
    expect(head).toMatch(/^Content-Type: multipart\/alternative;/m)
    expect(head).not.toMatch(/X-Mailer|nodemailer|421288|Bcc|Cc:/i)
  })

  it('has the same Message-ID on every attempt', async () => {
    const { server, channel } = await start()
    await send(channel)
    await send(channel)
    const ids = server.mails.map(({ raw }) => /^Message-ID: (.+)$/m.exec(raw)?.[1])
    expect(new Set(ids).size).toBe(1)
  })

  it('cannot be given another header or recipient by its subject', async () => {
    const { server, channel } = await start()
    const subject = 'Code\r\nBcc: evil@example.net\r\n\r\nbody'
    expect(await send(channel, { subject })).toMatchObject({ ok: true })
    expect(server.mails[0]?.to).toEqual([makeMessage('email').to])
    expect(server.mails[0]?.raw).not.toMatch(/^Bcc:/m)
  })

  it('leaves to nobody but the one that was meant, even where the address was not checked', async () => {
    const { server } = await start({ mode: 'none' })
    const transport = openTransport({
      host: '127.0.0.1',
      port: server.port,
      tls: 'none',
      ca: null,
      servername: null,
      auth: null,
      from: { name: '', address: 'no-reply@example.org' },
      connections: 1,
      timeout: 2000,
    })
    const outcomes: boolean[] = []
    for (const [, to] of hostileMailboxes)
      outcomes.push((await transport.send(makeMessage('email', { to }), signal)).ok)
    transport.close()
    expect(
      server.mails.filter(({ to }) => to.length !== 1 || !hostileMailboxes.some(([, it]) => it === to[0])),
    ).toEqual([])
    expect(server.mails.map(({ to }) => to[0]?.includes('example.net'))).not.toContain(true)
    expect(outcomes.filter(Boolean)).toHaveLength(server.mails.length)
  })

  it('is sent by an account, over one kept connection', async () => {
    const account = { user: 'muster', password: 'secret' }
    const { server, channel } = await start({ account }, { user: 'muster', password: 'secret' })
    for (const _ of [1, 2, 3]) expect(await send(channel)).toMatchObject({ ok: true })
    expect(server.mails.map(({ user, secure }) => [user, secure])).toEqual(Array(3).fill(['muster', true]))
    expect(server.connections).toBe(1)
    await channel.close()
  })

  it('goes over TLS from the first byte where that is asked for', async () => {
    const { server, channel } = await start({ mode: 'tls' }, { tls: 'tls' })
    expect(await send(channel)).toMatchObject({ ok: true })
    expect(server.mails[0]?.secure).toBe(true)
  })

  it('goes without TLS to this machine where that is asked for', async () => {
    const { server, channel } = await start({ mode: 'none' }, { tls: 'none' })
    expect(await send(channel)).toMatchObject({ ok: true })
    expect(server.mails[0]?.secure).toBe(false)
  })

  it.each([
    ['rcpt', '550 5.1.1 no such user anna@example.com', 'no-such-address', 'address'],
    ['rcpt', '550 unknown', 'no-such-address', 'address'],
    ['rcpt', '451 4.7.1 greylisted', 'busy', 'passing'],
    ['rcpt', '452 4.2.2 full', 'mailbox-full', 'passing'],
    ['rcpt', '554 5.7.1 relay access denied', 'refused-destination', 'channel'],
    ['mail', '550 5.7.1 not your domain', 'refused-sender', 'channel'],
    ['data', '554 5.7.1 spam', 'refused-content', 'channel'],
    ['data', '451 4.3.0 try later', 'provider-error', 'passing'],
    ['connect', '421 4.3.2 too many connections', 'busy', 'passing'],
    ['connect', '554 go away', 'refused-sender', 'channel'],
  ] as const)('refused at %s with "%s" is %s', async (step, reply, code, kind) => {
    const { server, channel } = await start()
    server.refuseNext(step, reply)
    const outcome = await send(channel)
    expect(outcome).toMatchObject({ ok: false, fault: { code, class: kind, retryAfter: null } })
    expect(JSON.stringify(outcome)).not.toMatch(/@|user|421288/)
    expect(server.mails).toEqual([])
  })

  it('that was refused for a moment is taken when it is sent again', async () => {
    const { server, channel } = await start()
    server.refuseNext('rcpt', '451 4.7.1 greylisted')
    expect(await send(channel)).toMatchObject({
      ok: false,
      fault: { class: 'passing', providerCode: '4.7.1' },
    })
    expect(await send(channel)).toMatchObject({ ok: true })
    expect(server.mails).toHaveLength(1)
  })

  it.each(['connect', 'mail', 'rcpt', 'data'] satisfies SmtpStep[])(
    'gives up where the server hangs at %s, and the next one passes',
    async (step) => {
      const { server, channel } = await start({}, { timeout: '1s' })
      server.refuseNext(step, 'hang' satisfies SmtpReply)
      expect(await send(channel)).toMatchObject({ ok: false, fault: { code: 'timeout', class: 'passing' } })
      expect(await send(channel)).toMatchObject({ ok: true })
    },
  )

  it('is not sent where STARTTLS is missing', async () => {
    const { server, channel } = await start({ mode: 'none' })
    expect(await send(channel)).toMatchObject({
      ok: false,
      fault: { code: 'misconfigured', class: 'channel' },
    })
    expect(await channel.test(signal)).toMatchObject({ ok: false })
    expect(server.mails).toEqual([])
  })

  it.each([
    ['of an unknown authority', () => ({}), { ca: undefined }],
    ['for another name', () => ({ tls: issue('mail.example.com') }), {}],
    ['that has expired', () => ({ tls: issue('127.0.0.1', 0) }), {}],
  ])('is not sent to a server with a certificate %s', async (_, settings, changes) => {
    const { server, channel } = await start(settings(), changes)
    expect(await send(channel)).toMatchObject({
      ok: false,
      fault: { code: 'misconfigured', class: 'channel' },
    })
    expect(server.mails).toEqual([])
  })

  it('is sent to a server that goes by another name than its certificate, where that is named', async () => {
    const { channel } = await start({ tls: issue('mail.example.com') }, { servername: 'mail.example.com' })
    expect(await send(channel)).toMatchObject({ ok: true })
  })

  it('is not sent with a wrong password, and the live test says so', async () => {
    const account = { user: 'muster', password: 'secret' }
    const { server, channel } = await start({ account }, { user: 'muster', password: 'wrong' })
    expect(await send(channel)).toMatchObject({
      ok: false,
      fault: { code: 'refused-credentials', class: 'channel' },
    })
    expect(await channel.test(signal)).toEqual({
      ok: false,
      message: `127.0.0.1:${server.port}: refused-credentials (5.7.8)`,
    })
  })

  it('leaves no connection open when the channel is closed', async () => {
    const { server, channel } = await start()
    await send(channel)
    await channel.close()
    await expect.poll(() => server.connections).toBe(0)
  })
})

it('an SMTP channel whose authorities cannot be read does not open', () => {
  const settings = { type: 'smtp', host: '127.0.0.1', from: 'no-reply@example.org', ca: '/nowhere/ca.pem' }
  expect(() => openSmtp(smtpConfig.parse(settings))).toThrow(
    expect.objectContaining({ code: 'configuration' }),
  )
})
