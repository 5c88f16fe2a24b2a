import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Connection, Client as TemporalClient } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalServer, startLocalServer } from '../support/http-requests.ts'
import {
  endForGood,
  makeFolder,
  musterJson,
  processesOf,
  readStack,
  startReady,
  type Up,
  waitFor,
  waitUntilGone,
} from './muster-program.ts'
import { ask } from './stack-tables.ts'

/**
 * Codes and addresses that nothing else contains are pushed through every flow; then everything that is kept or said
 * anywhere is searched for them. Codes have ten digits here, so that no id or number contains one by accident.
 */
const mailbox = 'canary-quixotic@example.com'
const laterMailbox = 'canary-zephyr@example.com'
const thirdMailbox = 'canary-oblique@example.com'
const number = '+4915137281946'
const login = 'canarylogin'
const name = 'Canarybird'

const folder = makeFolder()
const place = {
  data: join(folder.path, 'data'),
  config: join(folder.path, 'muster.yaml'),
  env: { MUSTER_LOG_LEVEL: 'trace' },
}
let gateway: LocalServer
let up: Up | undefined
/** Everything that the HTTP API answered. */
const answers: string[] = []
const codes = new Set<string>()
/** How many of the next messages the gateway refuses. */
let refusing = 0

beforeAll(async () => {
  gateway = await startLocalServer(() => {
    if (refusing > 0) {
      refusing -= 1
      return { status: 503, body: '{"error":"busy"}' }
    }
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"m1"}' }
  })
  writeOrganization()
  up = await startReady(place)
})
afterAll(async () => {
  await endForGood(up)
  await waitUntilGone(processesOf(place))
  await gateway?.close()
  folder.remove()
})

function writeOrganization(): void {
  const policies = join(folder.path, 'policies')
  mkdirSync(policies)
  writeFileSync(
    join(policies, 'all.json'),
    JSON.stringify({
      id: 'all',
      mode: 'enforce',
      conditions: { all: [{ fact: 'userName', operator: 'present', value: true }] },
      event: {
        type: 'provision',
        params: {
          rights: ['otp-email', 'otp-sms'],
          enroll: [
            { factor: 'otp-email', from: 'emails' },
            { factor: 'otp-sms', from: 'phoneNumbers' },
          ],
        },
      },
    }),
  )
  writeFileSync(
    join(folder.path, 'hr.csv'),
    `id,login,name,mail,mobile\n1,${login},${name},${mailbox},${number}\n2,other,Other,,\n`,
  )
  writeFileSync(
    place.config,
    `policies: ./policies
countries: [DE]
challenges: { digits: 10, waits: [10s] }
channels:
  sms: [{ type: http-sms, url: "${gateway.url}/sms", network: loopback, body: { json: { to: "{to}", text: "{text}" } } }]
clients:
  portal: { name: Portal, trusted: true }
  kiosk: { name: Kiosk }
sources:
  hr:
    type: csv
    file: ./hr.csv
    externalId: id
    attributes:
      userName: login
      displayName: name
      emails: [{ from: mail, type: work }]
      phoneNumbers: [{ from: mobile, type: mobile }]
`,
  )
}

let portal = ''
let kiosk = ''

async function call(method: string, path: string, body?: unknown, token = portal) {
  const answer = await fetch(`${readStack(place)?.server}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  answers.push(`${[...answer.headers].join('\n')}\n${text}`)
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
}

/** Codes in the messages to an address, newest first: from the outbox page, or from the gateway. */
async function codesTo(address: string): Promise<readonly string[]> {
  const { messages } = (await (await fetch(`${readStack(place)?.outbox}/messages`)).json()) as {
    messages: { to: string; text: string }[]
  }
  const sent = gateway.requests.map(({ body }) => JSON.parse(body) as { to: string; text: string }).reverse()
  const found = [...messages, ...sent]
    .filter(({ to }) => to === address)
    .flatMap(({ text }) => /\b\d{10}\b/.exec(text)?.[0] ?? [])
  for (const code of found) codes.add(code)
  return found
}

async function nextCode(address: string, before: number): Promise<string> {
  await waitFor(`a code to ${address}`, async () => (await codesTo(address)).length > before)
  return (await codesTo(address))[0] ?? ''
}

const context = { ip: '203.0.113.7', userAgent: 'canary' }
const begin = (factor: string, token = portal) =>
  call('POST', '/v1/challenges', { identity: { userName: login }, factor, context }, token)
const verify = (id: string, code: string) => call('POST', `/v1/challenges/${id}/verify`, { code })
const self = () => ({ kind: 'self', id: 'opaque', authenticatedAt: new Date().toISOString() })

describe('codes and addresses', () => {
  test('go through every flow', async () => {
    const make = async (client: string) =>
      (await musterJson(place, ['token', 'create', client, '--scope', `challenge:${client}`])).token
    ;[portal, kiosk] = [await make('portal'), await make('kiosk')]

    // A text message whose first attempts the provider refuses: the workflow carries it on.
    refusing = 2
    const sms = (await begin('otp-sms')).body
    const smsCode = await nextCode(number, 0)
    expect((await verify(sms.id, '0000000000')).status).toBe(422)
    expect((await verify(sms.id, smsCode)).body).toMatchObject({ status: 'passed' })
    expect((await verify(sms.id, smsCode)).status).toBe(422)

    // A mail, read back, given up.
    const mail = (await begin('otp-email')).body
    await nextCode(mailbox, 0)
    await call('GET', `/v1/challenges/${mail.id}`)
    await call('DELETE', `/v1/challenges/${mail.id}`)

    // A person's own address, a wrong one, and a change of it.
    const identity = await musterJson(place, ['identities', 'show', login])
    const own = `/v1/identities/${identity.id}/enrollments`
    const body = { factor: 'otp-email', address: laterMailbox, actor: self() }
    const added = (await call('POST', own, body)).body
    expect((await verify(added.challenge.id, await nextCode(laterMailbox, 0))).status).toBe(200)
    await call('POST', own, { ...body, address: `${laterMailbox}, ${thirdMailbox}` })
    const change = { address: thirdMailbox, actor: self() }
    const changed = (await call('PUT', `${own}/${added.enrollment.id}/address`, change)).body
    expect((await verify(changed.challenge.id, await nextCode(thirdMailbox, 0))).status).toBe(200)

    // A choice, and codes that stay untyped: the challenge is pending while everything is searched.
    const selecting = (await begin('otp-email')).body
    expect(selecting.choices).toHaveLength(2)
    await call('POST', `/v1/challenges/${selecting.id}/select`, {
      enrollmentId: selecting.choices[0].enrollmentId,
    })
    await call('GET', `/v1/identities/${identity.id}/factors`)
    await begin('otp-pigeon')
    await begin('otp-sms', kiosk)
    await call('PATCH', `${own}/${changed.enrollment.id}`, { status: 'disabled', actor: self() })
    await call('DELETE', `${own}/${changed.enrollment.id}`, { actor: self() })
    await musterJson(place, ['reconcile', 'hr', '--wait'])
    await waitFor(
      'both messages',
      async () =>
        (await codesTo(number)).length > 1 &&
        (await codesTo(mailbox)).length + (await codesTo(thirdMailbox)).length > 2,
    )
    expect(codes.size).toBeGreaterThanOrEqual(5)
  })

  test('are in no answer of the API, no log and no metric', async () => {
    const metrics = await (await fetch(`${readStack(place)?.server}/metrics`)).text()
    const secrets = [...codes, mailbox, laterMailbox, thirdMailbox, number, login, name]
    expect(answers.length).toBeGreaterThan(15)
    expect(up?.err().split('\n').length).toBeGreaterThan(20)
    for (const secret of secrets) {
      expect(answers.filter((answer) => answer.includes(secret))).toEqual([])
      expect(metrics.includes(secret)).toBe(false)
      expect(
        up
          ?.err()
          .split('\n')
          .filter((line) => line.includes(secret)),
      ).toEqual([])
    }
  })

  test('are in no history, input, result or search attribute of a workflow', async () => {
    const connection = await Connection.connect({ address: readStack(place)?.temporal ?? '' })
    const client = new TemporalClient({ connection, namespace: 'muster' })
    const seen: string[] = []
    const types = new Set<string>()
    for await (const info of client.workflow.list()) {
      types.add(info.type)
      const history = await client.workflow.getHandle(info.workflowId, info.runId).fetchHistory()
      seen.push(plain([info.raw, history]))
    }
    await connection.close()
    expect([...types]).toEqual(expect.arrayContaining(['deliverChallenge', 'reconcileSource']))
    expect(seen.join().includes('deliveryId')).toBe(true)
    for (const secret of [...codes, mailbox, laterMailbox, thirdMailbox, number, login, name])
      expect(seen.filter((text) => text.includes(secret)).length).toBe(0)
  })

  test('as codes are nowhere in the database', async () => {
    const tables = await ask<{ name: string }>(
      place,
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
    )
    expect(tables.length).toBeGreaterThan(15)
    for (const { name: table } of tables) {
      const rows = await ask<{ text: string }>(place, `select to_jsonb(t)::text as text from ${table} t`)
      const dump = rows.map(({ text }) => text).join('\n')
      for (const code of codes) expect([table, code, dump.includes(code)]).toEqual([table, code, false])
    }
    const live = await ask<{ status: string; erased: boolean }>(
      place,
      'select status, nonce is null as erased from challenges',
    )
    for (const { status, erased } of live) expect(erased).toBe(status !== 'pending')
    expect(live.some(({ status }) => status === 'pending')).toBe(true)
  })
})

/** Every text in it. Payloads are bytes, which the classes of Temporal's messages would print in base64. */
function plain(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, part]) => `${key} ${plain(part)}`)
    .join('\n')
}
