import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newUser, patchOf } from '../support/scim-resources.ts'

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

const post = (path: string, body: unknown, headers = {}) => endpoint.ask('POST', path, { body, headers })
const get = (path: string, headers = {}) => endpoint.ask('GET', path, { headers })
const user = async (name: string, more: object = {}) => (await post('/Users', newUser(name, more))).body

describe('versions (RFC 7644 section 3.14)', () => {
  it.each(['PUT', 'PATCH', 'DELETE'])(
    '%s with If-Match of another version is 412, of this one or any is done',
    async (method) => {
      const { id } = await user(`match-${method}`)
      const bodies: Readonly<Record<string, unknown>> = {
        PUT: newUser(`match-${method}`, { title: 'x' }),
        PATCH: patchOf({ op: 'add', path: 'title', value: 'x' }),
      }
      const write = (tag: string) =>
        endpoint.ask(method, `/Users/${id}`, { body: bodies[method], headers: { 'if-match': tag } })
      for (const stale of ['W/"2"', '"other"', 'W/"7", W/"8"']) {
        const { status, body } = await write(stale)
        expect([stale, status, body.status]).toEqual([stale, 412, '412'])
      }
      expect((await get(`/Users/${id}`)).headers.get('etag')).toBe('W/"1"')
      expect((await write('W/"9", W/"1"')).status).toBeLessThan(300)
    },
  )

  it('If-Match: * needs a resource that is there', async () => {
    const headers = { 'if-match': '*' }
    const { id } = await user('any-version')
    expect((await endpoint.ask('DELETE', `/Users/${id}`, { headers })).status).toBe(204)
    expect((await endpoint.ask('DELETE', `/Users/${id}`, { headers })).status).toBe(404)
  })
})

describe('how much is answered', () => {
  it('attributes and excludedAttributes count for POST, PUT and PATCH as well (RFC 7644 section 3.9)', async () => {
    const made = await post('/Users?attributes=userName', newUser('narrow'))
    expect(Object.keys(made.body).sort()).toEqual(['id', 'schemas', 'userName'])
    const path = `/Users/${made.body.id}`
    const put = await endpoint.ask('PUT', `${path}?excludedAttributes=meta,emails,name`, {
      body: newUser('narrow'),
    })
    expect(Object.keys(put.body).sort()).toEqual(['active', 'id', 'schemas', 'userName'])
    const patched = await endpoint.ask('PATCH', `${path}?attributes=emails.value`, {
      body: patchOf({ op: 'add', path: 'title', value: 't' }),
    })
    expect(patched.body.emails).toEqual([{ value: 'narrow@example.com' }])
    expect(patched.body.title).toBeUndefined()
  })

  it('attributes beside excludedAttributes is 400, before anything is written', async () => {
    const { status } = await post('/Users?attributes=userName&excludedAttributes=name', newUser('both'))
    expect(status).toBe(400)
    expect((await get('/Users?filter=userName%20eq%20%22both%22')).body.totalResults).toBe(0)
  })

  it('Prefer: return=minimal wants no body of a write: 204 with version and address (RFC 7240)', async () => {
    const headers = { prefer: 'return=minimal' }
    const made = await post('/Users', newUser('minimal'), headers)
    expect([made.status, made.text, made.headers.get('etag')]).toEqual([204, '', 'W/"1"'])
    expect(made.headers.get('preference-applied')).toBe('return=minimal')
    const location = made.headers.get('location') ?? ''
    expect((await fetch(location)).status).toBe(401)
    const path = location.slice(`${endpoint.url}/scim/v2`.length)
    expect((await endpoint.ask('PUT', path, { body: newUser('minimal'), headers })).status).toBe(204)
    expect((await get(path, headers)).body.userName).toBe('minimal')
  })
})
