import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, scimMediaType, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newGroup, newUser, urns } from '../support/scim-resources.ts'
import { hostileRequest, usualRequests } from '../support/scim-storm.ts'

let db: TestDatabase
let endpoint: ScimEndpoint
let token: string
let user: string
let group: string
beforeAll(async () => {
  db = await createTestDatabase()
  endpoint = await startScimEndpoint(db.database)
  token = await endpoint.token('scim:hr')
  user = (await endpoint.ask('POST', '/Users', { body: newUser('victim') })).body.id
  group = (await endpoint.ask('POST', '/Groups', { body: newGroup('Victims', [user]) })).body.id
})
afterAll(async () => {
  await endpoint?.close()
  await db?.close()
})

interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | null
}

/** Sends bytes that no client library would, and reads the answer to its end. Throws where none comes. */
function sendRaw({
  method,
  path,
  headers,
  body,
}: RawRequest): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint.url)
    const socket = connect(Number(port), hostname)
    socket.setTimeout(10_000, () => socket.destroy(new Error('The server hangs.')))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
      const type = /^content-type: (.*)$/im.exec(text)?.[1] ?? ''
      if (Number.isNaN(status)) reject(new Error('There was no answer.'))
      else resolve({ status, type, text })
    })
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'host: muster.example',
      'connection: close',
      ...headers.map(([name, value]) => `${name}: ${value}`),
      ...(body === null ? [] : [`content-length: ${body.length}`]),
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    if (body !== null) socket.write(body)
  })
}

describe('hostile requests', () => {
  const seen = new Set<string>()

  it('never make the server fail or hang, are answered in SCIM, and leave the connection usable', async () => {
    await fc.assert(
      fc.asyncProperty(hostileRequest, async ({ call: [method, path, body], query, headers, type }) => {
        const place = path.replace('USER', user).replace('GROUP', group)
        const { status, type: answered } = await sendRaw({
          method,
          path: `/scim/v2${place}?${query}`,
          headers: [['authorization', `Bearer ${token}`], ['content-type', type], ...headers],
          body,
        })
        seen.add(`${method} ${status}`)
        expect([status, status < 500 || status === 501]).toEqual([status, true])
        if (![204, 304].includes(status)) expect(answered).toBe(scimMediaType)
      }),
      { numRuns: 400, examples: usualRequests },
    )
    // The storm reached what it was meant for; what succeeds does not hang on luck.
    for (const one of [
      'POST 201',
      'POST 200',
      'PUT 200',
      'PATCH 200',
      'PATCH 204',
      'GET 200',
      'PATCH 400',
      'GET 400',
    ])
      expect([...seen]).toContain(one)
    expect('polluted' in {}).toBe(false)
    expect((await endpoint.ask('POST', '/Users', { body: newUser('after the storm') })).status).toBe(201)
    expect((await endpoint.ask('GET', '/Users?count=1')).status).toBe(200)
    expect(endpoint.logged.filter((line) => line.includes('A request failed.'))).toEqual([])
  })

  it('that come slowly keep nobody else waiting', async () => {
    const { hostname, port } = new URL(endpoint.url)
    const sockets: Socket[] = Array.from({ length: 100 }, (_, n) => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.write(
        n % 2 === 0
          ? 'POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bea'
          : `POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/scim+json\r\ncontent-length: 5000\r\n\r\n{"user`,
      )
      return socket
    })
    const from = performance.now()
    for (let n = 0; n < 5; n += 1)
      expect((await endpoint.ask('POST', '/Users', { body: newUser(`quick-${n}`) })).status).toBe(201)
    expect(performance.now() - from).toBeLessThan(5000)
    for (const socket of sockets) socket.destroy()
    const { body: left } = await endpoint.ask('GET', '/Users?filter=userName%20eq%20%22user%22')
    expect(left.totalResults).toBe(0)
  })
})

describe('the rate of a connection', () => {
  it('is its own: 429 with Retry-After on every endpoint, while others go on', async () => {
    const slow = await endpoint.token('scim:slow')
    const another = await endpoint.token('scim:slow')
    const ask = (path: string, method = 'GET', given = slow) => endpoint.ask(method, path, { token: given })
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => ask('/Users?count=0', 'GET', n % 2 === 0 ? slow : another)),
    )
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(10)
    for (const { headers, body: fault } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(fault).toMatchObject({ schemas: [urns.error], status: '429' })
    }
    const everywhere = await Promise.all(
      ['/Schemas', '/Bulk', '/Nowhere', '/Me', '/ServiceProviderConfig'].flatMap((path) =>
        Array.from({ length: 20 }, () => ask(path, path === '/Bulk' ? 'POST' : 'GET')),
      ),
    )
    expect(everywhere.filter(({ status }) => status === 429).length).toBeGreaterThan(50)
    expect((await endpoint.ask('GET', '/Users?count=1')).status).toBe(200)
  })
})
