import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { bulkOf, newGroup, newUser, patchOf, urns } from '../support/scim-resources.ts'

let db: TestDatabase
let endpoint: ScimEndpoint
beforeAll(async () => {
  db = await createTestDatabase()
  endpoint = await startScimEndpoint(db.database)
})
afterAll(async () => {
  await endpoint?.close()
  await db?.close()
})

const bulk = (operations: readonly object[], more: object = {}) =>
  endpoint.ask('POST', '/Bulk', { body: bulkOf(operations, more) })
const create = (bulkId: string, data: unknown, path = '/Users') => ({ method: 'POST', path, bulkId, data })
const statuses = (body: { Operations: { status: string }[] }) => body.Operations.map(({ status }) => status)

describe('Bulk (RFC 7644 section 3.7)', () => {
  it('carries out every kind of operation, each with its status as text, its address and its version', async () => {
    const made = await bulk([create('a', newUser('bulk-a')), create('g', newGroup('Bulk'), '/Groups')])
    expect([made.status, made.body.schemas]).toEqual([200, [urns.bulkResponse]])
    const [user, group] = made.body.Operations
    expect(user).toEqual({
      method: 'POST',
      bulkId: 'a',
      location: expect.stringMatching(/\/scim\/v2\/Users\/[0-9a-f-]{36}$/),
      version: 'W/"1"',
      status: '201',
    })
    const at = (location: string) => location.slice(`${endpoint.url}/scim/v2`.length)
    const path = at(user.location)
    const done = await bulk([
      { method: 'PATCH', path, data: patchOf({ op: 'add', path: 'title', value: 'x' }) },
      { method: 'put', path, data: newUser('bulk-a', { title: 'y' }), version: 'W/"2"' },
      { method: 'DELETE', path: at(group.location) },
    ])
    expect(statuses(done.body)).toEqual(['200', '200', '204'])
    expect((await endpoint.ask('GET', path)).body).toMatchObject({ title: 'y', meta: { version: 'W/"3"' } })
  })

  it('resolves bulkId forwards and backwards, in data and in path (section 3.7.2)', async () => {
    const { body } = await bulk([
      create('team', newGroup('Team', ['bulkId:one', 'bulkId:two']), '/Groups'),
      create('one', newUser('ref-one')),
      create('two', newUser('ref-two')),
      {
        method: 'PATCH',
        path: '/Users/bulkId:one',
        data: patchOf({ op: 'add', path: 'title', value: 'boss' }),
      },
    ])
    expect(statuses(body)).toEqual(['201', '201', '201', '200'])
    const { pathname } = new URL(body.Operations[0].location)
    expect((await endpoint.ask('GET', pathname.slice('/scim/v2'.length))).body.members).toHaveLength(2)
  })

  it('resolves circular references between groups, or says 409 (section 3.7.1)', async () => {
    const { status, body } = await bulk([
      create('x', newGroup('Circle X', ['bulkId:y']), '/Groups'),
      create('y', newGroup('Circle Y', ['bulkId:x']), '/Groups'),
    ])
    expect(status).toBe(200)
    for (const one of statuses(body)) expect(['201', '409']).toContain(one)
  })

  it('answers a fault with its body, and goes on', async () => {
    const { status, body } = await bulk([
      create('a', newUser('dup')),
      create('b', newUser('DUP')),
      { method: 'DELETE', path: '/Users/2819c223-7f76-453a-919d-413861904646' },
      { method: 'PATCH', path: '/Devices/1', data: {} },
      create('c', newUser('after-faults')),
    ])
    expect([status, statuses(body)]).toEqual([200, ['201', '409', '404', '400', '201']])
    expect(body.Operations[1].response).toMatchObject({
      schemas: [urns.error],
      status: '409',
      scimType: 'uniqueness',
    })
  })

  it('stops after failOnErrors faults: the rest is not run (section 3.7.3)', async () => {
    const { body } = await bulk(
      [create('a', newUser('stop-a')), create('b', { schemas: [urns.user] }), create('c', newUser('stop-c'))],
      { failOnErrors: 1 },
    )
    expect(statuses(body)).toEqual(['201', '400'])
    expect((await endpoint.ask('GET', '/Users?filter=userName%20eq%20%22stop-c%22')).body.totalResults).toBe(
      0,
    )
  })

  it('with a version that is not the resource’s is 412 for that operation', async () => {
    const { body } = await bulk([create('v', newUser('versioned'))])
    const { pathname } = new URL(body.Operations[0].location)
    const path = pathname.slice('/scim/v2'.length)
    const refused = await bulk([{ method: 'DELETE', path, version: 'W/"7"' }])
    expect(statuses(refused.body)).toEqual(['412'])
  })

  it('with a bulkId that is there twice is 400, and nothing is run', async () => {
    const { status } = await bulk([create('same', newUser('twice-1')), create('same', newUser('twice-2'))])
    expect(status).toBe(400)
    expect((await endpoint.ask('GET', '/Users?filter=userName%20sw%20%22twice%22')).body.totalResults).toBe(0)
  })

  it.each([
    [{ schemas: [urns.list], Operations: [] }],
    [{ schemas: [urns.bulk] }],
    [{ schemas: [urns.bulk], Operations: {} }],
    [{ schemas: [urns.bulk], Operations: [5] }],
    [{ schemas: [urns.bulk], Operations: [{ method: 'GET', path: '/Users' }] }],
    [{ schemas: [urns.bulk], Operations: [{ method: 'POST', path: '/Users', data: {} }] }],
    [{ schemas: [urns.bulk], Operations: [{ method: 'DELETE' }] }],
    [{ schemas: [urns.bulk], Operations: [], failOnErrors: 0 }],
    [[]],
    ['x'],
  ])('that is no bulk request is 400 invalidSyntax: %j', async (body) => {
    const answer = await endpoint.ask('POST', '/Bulk', { body: JSON.stringify(body) })
    expect([answer.status, answer.body.scimType]).toEqual([400, 'invalidSyntax'])
  })

  it('of more operations or bytes than are taken is 413, with the limits (section 3.7.4)', async () => {
    const many = await bulk(Array.from({ length: 1001 }, (_, n) => create(`m${n}`, {})))
    expect([many.status, many.body.detail]).toEqual([413, expect.stringContaining('1000')])
    const large = await endpoint.ask('POST', '/Bulk', { body: `{"x":"${'x'.repeat(8 * 1024 * 1024)}"}` })
    expect([large.status, large.body.detail]).toEqual([413, expect.stringContaining('8388608')])
  })

  it('takes more than one resource may have: two MiB of users', async () => {
    const pad = 'x'.repeat(7000)
    const { status, body } = await bulk(
      Array.from({ length: 300 }, (_, n) => create(`p${n}`, newUser(`padded-${n}`, { title: pad }))),
    )
    expect([status, new Set(statuses(body))]).toEqual([200, new Set(['201'])])
  })

  it('counts what was refused in it, for operators', async () => {
    const token = await endpoint.token('scim:corp')
    const operations = [create('a', newUser('counted')), create('b', newUser('counted'))]
    await endpoint.ask('POST', '/Bulk', { token, body: bulkOf(operations) })
    await expect
      .poll(async () => (await db.database('scim_connections').where({ source: 'corp' }))[0], {
        timeout: 5000,
      })
      .toMatchObject({ refused: { uniqueness: 1 } })
  })
})
