import { request } from 'node:http'
import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listenToProviders } from '../../bin/compose/provider-callbacks.ts'
import { Secret } from '../../config/secret.ts'
import { smsChannel } from '../../connectors/channel-registry.ts'
import { Outbox } from '../../connectors/outbox/index.ts'
import { readTwilioCode, twilioCallbackUrl } from '../../connectors/twilio/index.ts'
import type { ProviderReport } from '../../server/provider-callbacks.ts'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const publicUrl = 'https://codes.example.com/'
const authToken = 'a-token-of-the-account'
const outbox = new Outbox(() => new Date('2026-03-01T08:00:00Z'))
outbox.reserve(200)
let db: TestDatabase
let api: TestApi
let url = ''
beforeAll(async () => {
  db = await createTestDatabase()
  const parts = {
    outbox,
    // The server asks what it is given, and the store is there only once it was opened.
    callbacks: {
      twilio: async (report: ProviderReport) => (await listen().twilio?.(report)) ?? false,
    },
  }
  api = await openTestApi(db.database, {}, parts)
  url = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await api?.close()
  await db?.close()
})

/** As the composition root listens, over a configuration with one channel by Twilio. */
function listen() {
  const account = `AC${'0'.repeat(32)}`
  const channel = smsChannel.parse({ type: 'twilio', account, token: authToken, from: '+4915100000000' })
  const channels = { sms: new Secret([channel]), email: new Secret([]) }
  const server = { host: '127.0.0.1', port: 0, publicUrl }
  const { store, clock } = api.world
  const routes = { sms: [], email: [] }
  const faultOf = (_: string, code: string) => readTwilioCode(code)
  return listenToProviders({ server, channels }, { store, clock, routes, faultOf })
}

const put = (text: string, html: string | null = null) =>
  outbox.put({
    deliveryId: '01a21420-4e25-7048-85a5-ac5591945404',
    to: html === null ? '+4915112345678' : 'anna@example.com',
    subject: html === null ? null : 'Your code',
    text,
    html,
    validFor: 60_000,
  })

describe('the outbox page', () => {
  it('shows messages newest first, and each that comes while somebody looks', async () => {
    put('first 111111')
    const stream = await fetch(`${url}/outbox/events`)
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    put('second 222222')
    let heard = ''
    while (!heard.includes('222222')) heard += (await reader?.read())?.value ?? ''
    expect(heard).toMatch(/^id: 2\ndata: \{"number":2/m)
    const { messages } = (await (await fetch(`${url}/outbox/messages`)).json()) as {
      messages: { text: string }[]
    }
    expect(messages.map(({ text }) => text)).toEqual(['second 222222', 'first 111111'])
    await reader?.cancel()
  })

  it('loads and runs nothing but its own', async () => {
    const page = await fetch(`${url}/outbox`)
    const policy = page.headers.get('content-security-policy')
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'/,
    )
    expect(await page.text()).not.toMatch(/https?:\/\//)
  })

  it('shows a mail as it looks, in a place where nothing of it can run', async () => {
    const { number } = put('code', '<p style="color:red">code</p>')
    const mail = await fetch(`${url}/outbox/messages/${number}/html`)
    expect(mail.headers.get('content-security-policy')).toContain('sandbox')
    expect(await mail.text()).toContain('color:red')
    expect((await fetch(`${url}/outbox/messages/999/html`)).status).toBe(404)
  })

  it('is for this machine by its own name only', async () => {
    for (const host of ['evil.example', 'codes.example.com', '127.0.0.1.evil.example'])
      for (const path of ['/outbox', '/outbox/messages', '/outbox/events'])
        expect(await statusFor(path, host)).toBe(403)
    const far = await api.app.inject({ url: '/outbox/messages', remoteAddress: '192.0.2.7' })
    expect(far.statusCode).toBe(403)
  })

  it('lets the server close while somebody looks', async () => {
    const other = await openTestApi(db.database, {}, { outbox })
    const where = await other.app.listen({ host: '127.0.0.1', port: 0 })
    const stream = await fetch(`${where}/outbox/events`)
    await other.close()
    await expect(stream.text()).resolves.toContain('retry: 1000')
  })
})

function statusFor(path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    asked.on('error', reject).end()
  })
}

describe("a provider's report", () => {
  it('counts when it is signed for our public address, and once', async () => {
    const person = await api.person()
    const body = { identity: { id: person.id }, factor: 'otp-sms', context: { ip: '203.0.113.7' } }
    const { id } = (await api.ask('POST', '/v1/challenges', { body })).json()
    const [delivery] = await db.database('deliveries').where({ challenge_id: id })
    const sid = `SM${'0'.repeat(32)}`
    await db
      .database('deliveries')
      .where({ id: delivery.id })
      .update({ status: 'sent', connector: 'twilio', provider_id: sid })
    const params = { MessageSid: sid, MessageStatus: 'delivered' }
    const target = `/callbacks/twilio/${delivery.id}`
    const sign = (where: string) => twilio.getExpectedTwilioSignature(authToken, where, params)
    const report = (signature: string) =>
      api.app.inject({
        method: 'POST',
        url: target,
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
        payload: new URLSearchParams(params).toString(),
      })
    const status = async () => (await api.ask('GET', `/v1/challenges/${id}`)).json().delivery.status
    expect((await report('forged')).statusCode).toBe(403)
    expect((await report(sign(`${url}${target}`))).statusCode).toBe(403)
    expect(await status()).toBe('sent')
    const genuine = sign(twilioCallbackUrl(publicUrl, delivery.id))
    expect((await report(genuine)).statusCode).toBe(204)
    expect(await status()).toBe('delivered')
    expect((await report(genuine)).statusCode).toBe(204)
    expect(await status()).toBe('delivered')
  })
})
