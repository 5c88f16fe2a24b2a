import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, scimMediaType, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newGroup, newUser, urns } from '../support/scim-resources.ts'

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

const nasty = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'userName',
  'members',
  'emails[type eq "work"].value',
  'Operations',
  'schemas',
  'id',
  'meta',
  'op',
  'path',
  'value',
  'active',
  '\u0000',
  '\ud800',
  "'; drop table scim_users; --",
  '%s%n',
  '../../etc/passwd',
  urns.enterprise,
  urns.patch,
  urns.bulk,
)
const text = fc.oneof({ weight: 3, arbitrary: nasty }, fc.string({ maxLength: 40, unit: 'binary' }))
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.double(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
  ),
})).value
const mostly = <Value>(usual: fc.Arbitrary<Value>, odd: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: odd })
const userBody = fc.record(
  {
    schemas: mostly(fc.constant<unknown>([urns.user]), json),
    userName: mostly<unknown>(text, json),
    name: json,
    emails: json,
    active: json,
    [urns.enterprise]: json,
  },
  { requiredKeys: ['userName'] },
)
const groupBody = fc.record(
  { displayName: mostly<unknown>(text, json), members: json },
  { requiredKeys: ['displayName'] },
)
const patchPath = fc.constantFrom(
  'title',
  'name',
  'name.givenName',
  'emails',
  'emails[type eq "work"]',
  'emails[type eq "work"].value',
  'members',
  'members[value eq "x"]',
  'active',
  `${urns.enterprise}:manager`,
  urns.enterprise,
)
const patchBody = fc.record({
  schemas: mostly<unknown>(fc.constant([urns.patch]), json),
  Operations: mostly<unknown>(
    fc.array(
      fc.record(
        {
          op: mostly<unknown>(fc.constantFrom('add', 'Replace', 'remove'), json),
          path: mostly<unknown>(fc.oneof(patchPath, text), json),
          value: json,
        },
        { requiredKeys: ['op'] },
      ),
      { minLength: 1, maxLength: 4 },
    ),
    json,
  ),
})
const bulkBody = fc.record({
  schemas: fc.constant([urns.bulk]),
  Operations: fc.array(
    fc.record(
      {
        method: mostly<unknown>(fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'), json),
        path: fc.oneof(fc.constantFrom('/Users', '/Groups', '/Users/bulkId:a', '/Groups/bulkId:b'), text),
        bulkId: fc.constantFrom('a', 'b', 'c', 'd'),
        version: fc.oneof(fc.constantFrom('W/"1"', '*'), text),
        data: fc.oneof(userBody, groupBody, patchBody, json),
      },
      { requiredKeys: ['method', 'path', 'bulkId', 'data'] },
    ),
    { maxLength: 4 },
  ),
})
const filter = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'userName',
        'emails',
        'emails.value',
        'active',
        'meta.lastModified',
        'id',
        'groups',
        'members',
        'name.x',
      ),
      fc.constantFrom('eq', 'ne', 'co', 'sw', 'gt', 'le', 'zz'),
      json,
    )
    .map(([name, operator, value]) => `${name} ${operator} ${JSON.stringify(value)}`),
  fc.constantFrom('userName pr', 'not (title pr)', 'emails[type eq "work" and value co "x"]', '((((', ''),
  text,
)
const number = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('-1', '1e9', '99999999999999999999', ''),
  text,
)
const parameters = fc
  .record(
    {
      filter,
      sortBy: fc.oneof(fc.constantFrom('userName', 'emails', 'meta.created', 'title'), text),
      sortOrder: fc.constantFrom('ascending', 'descending', 'up'),
      count: number,
      startIndex: number,
      cursor: text,
      attributes: text,
      excludedAttributes: text,
    },
    { requiredKeys: [] },
  )
  .map((given) => Object.entries(given).slice(0, 3))
const searchBody = parameters.map((given) => Object.fromEntries(given))
const writtenQuery = parameters.map((given) => new URLSearchParams(given).toString())

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '')
const odd = fc.oneof(
  json.map(bytesOf),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('['.repeat(5000), '{"a":1e999}', '{"a":"\\ud800"}', '{"userName":"a\\u0000"}', '{')
    .map((given) => Buffer.from(given)),
)
const route = (method: string, path: string, arbitrary: fc.Arbitrary<unknown> | null) =>
  fc.tuple(
    fc.constant(method),
    fc.constant(path),
    arbitrary === null ? fc.constant(null) : mostly<Buffer | null>(arbitrary.map(bytesOf), odd),
  )
/** What is there, with bodies of the kind that it takes; and anything anywhere. */
const call = fc.oneof(
  route('POST', '/Users', userBody),
  route('PUT', '/Users/USER', userBody),
  route('PATCH', '/Users/USER', patchBody),
  route('POST', '/Groups', groupBody),
  route('PUT', '/Groups/GROUP', groupBody),
  route('PATCH', '/Groups/GROUP', patchBody),
  route('POST', '/Bulk', bulkBody),
  route('POST', '/Users/.search', searchBody),
  route('POST', '/Groups/.search', searchBody),
  route('GET', '/Users', null),
  route('GET', '/Groups', null),
  route('GET', '/Users/USER', null),
  fc.tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'),
    // What HTTP lets stand in a line; anything else Node refuses before us.
    fc
      .tuple(
        fc.constantFrom('', '/', '/Users', '/Bulk', '/Me', '/.search', '/Schemas', '/ServiceProviderConfig'),
        fc.string({ maxLength: 30 }).map((given) => given.replace(/[^\x21-\x7e]/g, '')),
      )
      .map((parts) => parts.join('/')),
    fc.option(odd),
  ),
)
const header = fc.tuple(
  fc.constantFrom('if-match', 'if-none-match', 'prefer', 'accept', 'content-encoding', 'range'),
  fc.oneof(
    fc.constantFrom('*', 'W/"1"', 'return=minimal'),
    fc.string().map((given) => given.replace(/[^\x21-\x7e]/g, '')),
  ),
)
const request = fc.record({
  call,
  query: fc.oneof(fc.constant(''), writtenQuery),
  headers: mostly(fc.constant<[string, string][]>([]), fc.array(header, { maxLength: 2 })),
  type: mostly(
    fc.constant('application/scim+json'),
    fc.constantFrom('application/json', 'text/plain', 'application/scim+json; charset=utf-16', ';;'),
  ),
})

describe('hostile requests', () => {
  const seen = new Set<string>()

  it('never make the server fail or hang, are answered in SCIM, and leave the connection usable', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ call: [method, path, body], query, headers, type }) => {
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
      { numRuns: 600 },
    )
    // The storm reached what it was meant for.
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
