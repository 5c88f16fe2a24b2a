import { once } from 'node:events'
import { connect } from 'node:net'
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertPeople } from '../support/population.ts'

/** What callers send by mistake or in bad faith, over real sockets: each gets a problem, and nobody else waits. */
let db: TestDatabase
let api: TestApi
let url = ''
let admin = ''
let someone = ''
beforeAll(async () => {
  db = await createTestDatabase()
  api = await openTestApi(db.database)
  url = await api.app.listen({ host: '127.0.0.1', port: 0 })
  admin = await api.token('admin')
  const [id] = await insertPeople(db.database, [{ attributes: { userName: 'anna' } }])
  someone = id ?? ''
})
afterAll(async () => {
  await api?.close()
  await db?.close()
})

const right = () => `/v1/identities/${someone}/rights/otp-sms`

async function put(body: string | Buffer, type: string | null = 'application/json', token = admin) {
  const headers = { authorization: `Bearer ${token}`, ...(type === null ? {} : { 'content-type': type }) }
  const answer = await fetch(url + right(), { method: 'PUT', headers, body })
  const { type: problem, detail, errors } = (await answer.json()) as Record<string, string>
  return { status: answer.status, problem: problem?.replace('urn:muster:problem:', ''), detail, errors }
}

/** Sends bytes and gives all that comes back until the server hangs up. */
async function speak(...parts: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  for (const part of parts) socket.write(part)
  await once(socket, 'close')
  return answer
}

/** Asks for identities; answers status and problem. */
async function list(filter: string) {
  const headers = { authorization: `Bearer ${admin}` }
  const answer = await fetch(`${url}/v1/identities?limit=1&filter=${encodeURIComponent(filter)}`, {
    headers,
  })
  const { type } = (await answer.json()) as { type?: string }
  return [answer.status, type?.replace('urn:muster:problem:', '') ?? null]
}

describe('a token', () => {
  it('that is missing, wrong, expired or of another scope opens nothing, on every operation', async () => {
    const expired = await api.token('admin')
    const { rows } = await db.database.raw<{ rows: { id: string }[] }>(
      `update tokens set expires_at = now() - interval '1 second'
       where id = (select max(id::text)::uuid from tokens) returning id`,
    )
    expect(rows).toHaveLength(1)
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> }
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const at = path.replace(/\{\w+\}/g, newId())
        const ask = (token: string | null) =>
          fetch(url + at, {
            method: method.toUpperCase(),
            headers: token === null ? {} : { authorization: `Bearer ${token}` },
          })
        const answers = await Promise.all([ask(null), ask('muster_wrong'), ask(expired)])
        for (const answer of answers) {
          expect([method, path, answer.status]).toEqual([method, path, 401])
          expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="muster"')
          await answer.arrayBuffer()
        }
        const other = await ask(await api.token('metrics'))
        expect([method, path, other.status]).toEqual([method, path, 403])
        await other.arrayBuffer()
      }
    }
  })
})

describe('a body', () => {
  it('that is too large is refused, and read no further', async () => {
    const large = JSON.stringify({ effect: 'deny', reason: 'x'.repeat(70_000) })
    expect(await put(large)).toMatchObject({ status: 413, problem: 'too-large' })
    const endless = `PUT ${right()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${admin}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`
    expect(await speak(endless, chunk, chunk, chunk)).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('that is deep, no JSON, or of another type is refused, and nothing of it is repeated', async () => {
    const deep = `{"effect":"deny","reason":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect(await put(deep)).toMatchObject({ status: 400, problem: 'invalid-request' })
    for (const broken of ['{"effect":', 'anna@example.com', '"deny"', '[]', 'null', '', '{"effect":"deny"}}'])
      expect(await put(broken)).toMatchObject({ status: 400, problem: 'invalid-request' })
    expect(JSON.stringify(await put('{"anna@example.com": 1, "effect": "x"}'))).not.toContain('anna')
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', null])
      expect(await put(Buffer.from('{"effect":"deny"}'), type)).toMatchObject({
        status: 415,
        problem: 'unsupported-media-type',
      })
    const utf16 = Buffer.from('{"effect":"deny"}', 'utf16le')
    expect(await put(utf16)).toMatchObject({ status: 400, problem: 'invalid-request' })
  })

  it('that reaches for the prototype of objects is refused', async () => {
    for (const name of ['__proto__', 'constructor'])
      expect(await put(`{"effect":"deny","${name}":{"prototype":{"admin":true}}}`)).toMatchObject({
        status: 400,
        problem: 'invalid-request',
      })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('or a query with a character that no database keeps is refused, and the place is named', async () => {
    for (const text of ['a\\u0000b', '\\ud800', '\\udc00x'])
      expect(await put(`{"effect":"deny","reason":"${text}"}`)).toMatchObject({
        status: 400,
        problem: 'invalid-request',
        errors: [{ pointer: '/reason', message: expect.stringContaining('U+0000') }],
      })
    const token = await api.token('challenge:portal')
    const identities = [
      '{"userName":"\\u0000"}',
      '{"source":"hr","externalId":"\\u0000"}',
      '{"source":"\\u0000","externalId":"1"}',
    ]
    for (const identity of identities) {
      const answer = await fetch(`${url}/v1/challenges`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: `{"identity":${identity},"factor":"otp-sms"}`,
      })
      expect([identity, answer.status]).toEqual([identity, 400])
      expect(await answer.json()).toMatchObject({
        errors: [{ pointer: expect.stringMatching(/^\/identity\//) }],
      })
    }
    const headers = { authorization: `Bearer ${admin}` }
    for (const query of ['audit-events?who=%00', 'runs?source=%00', 'identities?filter=title+eq+%22%00%22']) {
      const answer = await fetch(`${url}/v1/${query}`, { headers })
      expect([query, answer.status]).toEqual([query, 400])
      await answer.arrayBuffer()
    }
    expect((await fetch(`${url}/v1/sources/%00`, { headers })).status).toBe(404)
  })

  it('changed nothing in all of that', async () => {
    expect(await db.database('rights').where({ identity_id: someone })).toEqual([])
    expect(await put('{"effect":"deny"}')).toMatchObject({ status: 200 })
  })
})

describe('a client', () => {
  it('that sends headers without end is cut off', async () => {
    const many = Array.from({ length: 3000 }, (_, n) => `X-${n}: ${n}`).join('\r\n')
    expect(await speak(`GET /v1/runs HTTP/1.1\r\nHost: x\r\n${many}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [\s\S]*urn:muster:problem:too-large/,
    )
  })

  it('that asks for what is not there gets 404 without what it asked for', async () => {
    const headers = { authorization: `Bearer ${admin}` }
    const paths = [
      `/v1/identities/${newId()}`,
      '/v1/identities/anna%40example.com',
      '/v1/nothing/anna',
      '/anna',
    ]
    for (const path of [...paths, `/v1/runs/${newId()}`, '/v1/policies/anna', '/v1/sources/anna_b']) {
      const answer = await fetch(url + path, { headers })
      expect([path, answer.status]).toEqual([path, 404])
    }
    expect(api.logged.join('')).not.toContain('anna')
  })
})

describe('a filter', () => {
  it('that is too deep, too long or too negative is refused before it is parsed', async () => {
    expect(await list(`${'('.repeat(40)}title pr${')'.repeat(40)}`)).toEqual([400, 'filter-invalid'])
    expect(await list(`not (title pr) and `.repeat(150))).toEqual([400, 'filter-invalid'])
    expect(await list(`title eq "${'x'.repeat(4100)}"`)).toEqual([400, 'invalid-request'])
  })
})

// At once: each of them waits for its time to be over.
describe.concurrent('a request that takes for ever', () => {
  it('by a client that sends slowly is cut off, and keeps nobody waiting', async () => {
    const slow = speak('GET /v1/runs HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const stalled = speak(
      `PUT ${right()} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    )
    const answer = await fetch(`${url}/v1/runs`, { headers: { authorization: `Bearer ${admin}` } })
    expect(answer.status).toBe(200)
    for (const cut of await Promise.all([slow, stalled]))
      expect(cut).toMatch(/^HTTP\/1\.1 408 [\s\S]*urn:muster:problem:request-timeout/)
  })

  it('by a filter that scans everybody for too long is cancelled, and readers of one person do not wait for it', async () => {
    await db.database.raw(
      `insert into identities (id, user_name, user_name_key, active, attributes, addresses, sources, created_at, changed_at)
       select uuidv7(), 'p' || n, 'p' || n, true, jsonb_build_object('title', repeat('x', 500), 'roles',
         (select jsonb_agg(jsonb_build_object('value', repeat('y', 50) || m)) from generate_series(1, 30) m)), '[]', '{hr}', now(), now()
       from generate_series(1, 20000) n`,
    )
    const bomb = Array.from({ length: 60 }, (_, n) => `roles.value co "${n}z"`).join(' or ')
    const bombs = Array.from({ length: 4 }, () => list(bomb))
    const from = performance.now()
    const headers = { authorization: `Bearer ${admin}` }
    for (let n = 0; n < 20; n += 1) {
      const answer = await fetch(`${url}/v1/identities/${someone}`, { headers })
      expect(answer.status).toBe(200)
      await answer.arrayBuffer()
    }
    expect(performance.now() - from).toBeLessThan(4_000)
    for (const answer of await Promise.all(bombs)) expect(answer).toEqual([422, 'filter-too-slow'])
  })
})
