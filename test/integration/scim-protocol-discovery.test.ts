import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newUser, urns } from '../support/scim-resources.ts'

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

const get = (path: string) => endpoint.ask('GET', path)

describe('ServiceProviderConfig (RFC 7643 section 5)', () => {
  it('is one document, no list, and says what the server does (RFC 7644 section 4)', async () => {
    const { status, body, headers } = await get('/ServiceProviderConfig')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 8_388_608 },
      filter: { supported: true, maxResults: 1000 },
      sort: { supported: true },
      etag: { supported: true },
      changePassword: { supported: false },
      meta: {
        resourceType: 'ServiceProviderConfig',
        location: `${endpoint.url}/scim/v2/ServiceProviderConfig`,
      },
    })
    expect(body.authenticationSchemes).toEqual([
      expect.objectContaining({ type: 'oauthbearertoken', name: expect.any(String) }),
    ])
    expect(headers.get('content-location')).toBe(`${endpoint.url}/scim/v2/ServiceProviderConfig`)
  })

  it('names both ways of paging and their sizes (RFC 9865 section 4)', async () => {
    expect((await get('/ServiceProviderConfig')).body.pagination).toEqual({
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: 100,
      maxPageSize: 1000,
      cursorTimeout: 600,
    })
  })

  it('leaves out what has no value instead of saying null', async () => {
    for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'])
      expect((await get(path)).text).not.toContain('null')
  })
})

describe('ResourceTypes (RFC 7643 section 6)', () => {
  it('is a ListResponse of users and groups whose id is their name', async () => {
    const { body } = await get('/ResourceTypes')
    expect(body).toMatchObject({ schemas: [urns.list], totalResults: 2 })
    const types = body.Resources.map(({ id, name, endpoint, schema }: Record<string, unknown>) => [
      id,
      name,
      endpoint,
      schema,
    ])
    expect(types).toEqual([
      ['User', 'User', '/Users', urns.user],
      ['Group', 'Group', '/Groups', urns.group],
    ])
    expect(body.Resources[0].schemaExtensions).toContainEqual({ schema: urns.enterprise, required: false })
  })

  it('gives one by its id, with its address, and 404 for another (RFC 7644 section 4)', async () => {
    const { status, body, headers } = await get('/ResourceTypes/User')
    expect([status, body.id]).toEqual([200, 'User'])
    expect(headers.get('content-location')).toBe(body.meta.location)
    const missing = await get('/ResourceTypes/Device')
    expect([missing.status, missing.body.status]).toEqual([404, '404'])
  })
})

describe('Schemas (RFC 7643 section 7)', () => {
  it('is a ListResponse of every schema under the names of the RFC', async () => {
    const { body } = await get('/Schemas')
    const names = new Map(body.Resources.map(({ id, name }: { id: string; name: string }) => [id, name]))
    expect(names.get(urns.user)).toBe('User Account')
    expect(names.get(urns.group)).toBe('Group')
    expect(names.get(urns.enterprise)).toMatch(/Enterprise ?User/)
    expect(names.size).toBe(body.totalResults)
  })

  it('gives one by its URN, and 404 for another', async () => {
    const { status, body, headers } = await get(`/Schemas/${urns.user}`)
    expect([status, body.id]).toEqual([200, urns.user])
    expect(headers.get('content-location')).toBe(body.meta.location)
    expect((await get('/Schemas/urn:ietf:params:scim:schemas:core:2.0:Device')).status).toBe(404)
    for (const name of ['__proto__', 'constructor']) expect((await get(`/Schemas/${name}`)).status).toBe(404)
  })

  it('tells exactly what the server does: required, uniqueness, case, values and return of attributes', async () => {
    const { attributes } = (await get(`/Schemas/${urns.user}`)).body
    const find = (name: string) => attributes.find((one: { name: string }) => one.name === name)
    expect(find('userName')).toMatchObject({ required: true, uniqueness: 'server', caseExact: false })
    expect(find('groups')).toMatchObject({ mutability: 'readOnly', multiValued: true })
    expect(find('password')).toBeUndefined()
    const type = find('emails').subAttributes.find((one: { name: string }) => one.name === 'type')
    expect(type.canonicalValues).toEqual(['work', 'home', 'other'])
    // Erratum 6004: complex attributes have no uniqueness of their own that anybody could keep.
    expect(find('emails').uniqueness ?? 'none').toBe('none')
    const group = (await get(`/Schemas/${urns.group}`)).body
    // Erratum 5368.
    expect(group.attributes.find((one: { name: string }) => one.name === 'displayName')).toMatchObject({
      required: true,
    })
  })

  it('names the attributes that the configuration declares, in an extension of our own', async () => {
    const { body } = await get('/Schemas/urn:muster:scim:schemas:extension:2.0:User')
    const custom = body.attributes.find((one: { name: string }) => one.name === 'custom')
    expect(custom.subAttributes.map((one: { name: string }) => one.name)).toEqual(['badge'])
  })
})

describe('discovery (RFC 7644 section 4)', () => {
  const documents = [
    '/ServiceProviderConfig',
    '/ResourceTypes',
    '/ResourceTypes/User',
    '/Schemas',
    `/Schemas/${urns.user}`,
  ]

  it.each(documents)('%s refuses a filter with 403, and ignores order and pages', async (path) => {
    const filtered = await get(`${path}?Filter=${encodeURIComponent('id eq "x"')}`)
    expect([filtered.status, filtered.body.status]).toEqual([403, '403'])
    expect((await get(`${path}?sortBy=id&startIndex=2&count=0`)).status).toBe(200)
  })

  it.each(documents)('%s takes GET alone: 405 with Allow and a SCIM body for anything else', async (path) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, body, headers } = await endpoint.ask(method, path, { body: newUser('x') })
      expect([method, status, headers.get('allow'), body.schemas, body.status]).toEqual([
        method,
        405,
        'GET',
        [urns.error],
        '405',
      ])
    }
  })

  it('needs a token that counts, of any connection', async () => {
    expect((await endpoint.ask('GET', '/Schemas', { token: null })).status).toBe(401)
    const other = await endpoint.token('scim:corp')
    expect((await endpoint.ask('GET', '/Schemas', { token: other })).status).toBe(200)
  })
})
