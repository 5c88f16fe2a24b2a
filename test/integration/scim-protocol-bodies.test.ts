import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, scimMediaType, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newUser } from '../support/scim-resources.ts'

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

describe('bodies (RFC 7644 section 3.1 and 8.1)', () => {
  const create = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    endpoint.ask('POST', '/Users', { body, headers })

  it('are application/scim+json or application/json, with any charset parameter, in any case', async () => {
    let n = 0
    for (const type of [
      'application/scim+json',
      'application/json',
      'application/json; charset=utf-8',
      'application/scim+json;charset=UTF-8',
      'Application/SCIM+JSON',
    ]) {
      n += 1
      const { status, headers } = await create(newUser(`media-${n}`), { 'content-type': type })
      expect([type, status, headers.get('content-type')]).toEqual([type, 201, scimMediaType])
    }
  })

  it('of another media type, or packed, are 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'garbage'])
      expect((await create('{}', { 'content-type': type })).body).toMatchObject({ status: '415' })
    expect((await create('{}', { 'content-encoding': 'gzip' })).status).toBe(415)
  })

  it.each(['', '{', '{"userName":', '[1', 'nul', '{"a":1}x', '{a:1}', "{'a':1}", '\u0000'])(
    'that are no JSON are 400 invalidSyntax: %j',
    async (text) => {
      const { status, body } = await create(text)
      expect([status, body.scimType, body.status]).toEqual([400, 'invalidSyntax', '400'])
    },
  )

  it('that are no UTF-8 are 400 invalidSyntax', async () => {
    const { status, body } = await create(new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]))
    expect([status, body.scimType]).toEqual([400, 'invalidSyntax'])
  })

  it.each(['null', '[]', '5', '"x"', 'true'])('that are no object are 400: %s', async (text) => {
    expect((await create(text)).status).toBe(400)
  })

  it.each([
    ['U+0000', '{"userName":"zero\\u0000"}'],
    ['U+0000 in a key', '{"userName":"zero","a\\u0000b":1}'],
    ['a lone surrogate', '{"userName":"half\\ud800"}'],
    ['a lone surrogate in a key', '{"userName":"half","\\udc00":1}'],
    ['a number without end', '{"userName":"huge","x":1e400}'],
    ['a number without end as a name', '{"userName":-1e999}'],
  ])('that PostgreSQL cannot hold are 400, never 500: %s', async (_, text) => {
    const { status, body } = await create(text)
    expect([status, body.status]).toEqual([400, '400'])
  })

  it('that are nested without end are refused before they are parsed', async () => {
    for (const text of [
      '['.repeat(500_000),
      `{"a":`.repeat(100_000),
      `{"userName":${'['.repeat(33)}${']'.repeat(33)}}`,
    ])
      expect(await create(text)).toMatchObject({ status: 400 })
  })

  it('with keys of every object’s prototype harm nobody', async () => {
    const text =
      '{"__proto__":{"admin":true},"__proto__":{"x":1},"constructor":{"prototype":{"y":1}},"userName":"proto"}'
    expect([201, 400]).toContain((await create(text)).status)
    expect(Object.hasOwn(Object.prototype, 'admin') || 'y' in {}).toBe(false)
  })

  it('of more than a MiB are 413, whether they say their length or not', async () => {
    const large = JSON.stringify(newUser('large', { nickName: 'x'.repeat(1_100_000) }))
    expect((await create(large)).body).toMatchObject({ status: '413' })
    const stream = new Blob([large]).stream()
    const answer = await fetch(`${endpoint.url}/scim/v2/Users`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await endpoint.token('scim:hr')}`,
        'content-type': 'application/scim+json',
      },
      body: stream,
      duplex: 'half',
    } as RequestInit)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([413, scimMediaType])
  })

  it('that come with a DELETE mean nothing', async () => {
    const { body } = await create(newUser('deleted-with-body'))
    const gone = await endpoint.ask('DELETE', `/Users/${body.id}`, { body: '{broken' })
    expect(gone.status).toBe(204)
  })
})
