import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newGroup, newUser, patchOf, urns } from '../support/scim-resources.ts'

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
const group = async (name: string, members: readonly string[] = []) =>
  (await post('/Groups', newGroup(name, members))).body

describe('POST (RFC 7644 section 3.3)', () => {
  it.each([
    ['/Users', newUser('posted', { externalId: 'hr-1', title: 'Engineer' })],
    ['/Groups', newGroup('Posted', [], { externalId: 'g-1' })],
  ])('%s answers 201 with the whole resource, its address and its version', async (path, sent) => {
    const { status, body, headers } = await post(path, sent)
    expect(status).toBe(201)
    const location = `${endpoint.url}/scim/v2${path}/${body.id}`
    expect(body).toMatchObject({
      schemas: [path === '/Users' ? urns.user : urns.group],
      meta: { location, version: 'W/"1"', resourceType: path === '/Users' ? 'User' : 'Group' },
    })
    expect(body.meta.created).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(body.meta.lastModified).toBe(body.meta.created)
    expect([headers.get('location'), headers.get('content-location'), headers.get('etag')]).toEqual([
      location,
      location,
      'W/"1"',
    ])
    expect((await get(`${path}/${body.id}`)).body).toEqual(body)
  })

  it('of a userName that is taken, in any case, is 409 uniqueness', async () => {
    await user('Taken@Example.com')
    const { status, body } = await post('/Users', newUser('tAKEN@example.COM'))
    expect([status, body.scimType, body.status]).toEqual([409, 'uniqueness', '409'])
    expect(body.detail).not.toMatch(/example/i)
  })

  it('of a displayName of a group that is taken is 409 uniqueness', async () => {
    await group('Sales')
    const { status, body } = await post('/Groups', newGroup('SALES'))
    expect([status, body.scimType]).toEqual([409, 'uniqueness'])
  })

  it('without userName or displayName is 400 invalidValue', async () => {
    for (const [path, body] of [
      ['/Users', { schemas: [urns.user] }],
      ['/Users', { schemas: [urns.user], userName: '  ' }],
      ['/Groups', { schemas: [urns.group] }],
    ] as const) {
      const answer = await post(path, body)
      expect([answer.status, answer.body.scimType]).toEqual([400, 'invalidValue'])
    }
  })

  it('of a group with a member that the connection does not have is 400 invalidValue', async () => {
    const { status, body } = await post(
      '/Groups',
      newGroup('Ghosts', ['2819c223-7f76-453a-919d-413861904646']),
    )
    expect([status, body.scimType]).toEqual([400, 'invalidValue'])
    expect((await get('/Groups?filter=displayName%20eq%20%22Ghosts%22')).body.totalResults).toBe(0)
  })

  it('ignores what only the server writes: id, meta, groups (RFC 7643 section 2.2)', async () => {
    const body = await user('read-only', {
      id: 'mine',
      meta: { resourceType: 'User', version: 'W/"77"', created: '2001-01-01T00:00:00Z' },
      groups: [{ value: 'x', display: 'y' }],
    })
    expect(body.id).not.toBe('mine')
    expect(body.meta.version).toBe('W/"1"')
    expect(body.groups).toBeUndefined()
  })

  it('says that something is due, after each accepted write', async () => {
    const before = endpoint.nudges()
    await user('nudging')
    expect(endpoint.nudges()).toBeGreaterThan(before)
  })
})

describe('ids (RFC 7643 section 3.1)', () => {
  it('are the server’s own, exact in their case, and never come back', async () => {
    const first = await user('again')
    expect(first.id).not.toContain('bulkId')
    expect((await get(`/Users/${first.id.toUpperCase()}`)).status).not.toBe(500)
    await endpoint.ask('DELETE', `/Users/${first.id}`)
    expect((await user('again')).id).not.toBe(first.id)
  })

  it('that are none are 404, and an empty list in a filter', async () => {
    for (const id of ['not-a-uuid', '00000000-0000-0000-0000-000000000000', "'; drop table", '%00', '*']) {
      const { status, body } = await get(`/Users/${encodeURIComponent(id)}`)
      expect([id, status, body.status]).toEqual([id, 404, '404'])
    }
    expect((await get(`/Users?filter=${encodeURIComponent('id eq "not-a-uuid"')}`)).body).toMatchObject({
      totalResults: 0,
      Resources: [],
    })
  })

  it('of the other type or of another connection are 404 (RFC 7644 section 6)', async () => {
    const { id } = await user('mine-alone')
    expect((await get(`/Groups/${id}`)).status).toBe(404)
    const token = await endpoint.token('scim:corp')
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', newUser('stolen')],
      ['PATCH', patchOf({ op: 'replace', path: 'active', value: false })],
      ['DELETE', undefined],
    ] as const)
      expect((await endpoint.ask(method, `/Users/${id}`, { token, body })).status).toBe(404)
    expect((await get(`/Users/${id}`)).body.userName).toBe('mine-alone')
  })

  it('externalId is the client’s: the same one in two connections is two people (RFC 7643 section 3.1)', async () => {
    const token = await endpoint.token('scim:corp')
    const mine = await user('ext-a', { externalId: '4711' })
    const theirs = await endpoint.ask('POST', '/Users', {
      token,
      body: newUser('ext-a', { externalId: '4711' }),
    })
    expect([theirs.status, theirs.body.externalId, theirs.body.id === mine.id]).toEqual([201, '4711', false])
  })
})

describe('GET (RFC 7644 section 3.4.1)', () => {
  it('answers ETag and Content-Location, and 304 to who has this version or any (section 3.14)', async () => {
    const { id } = await user('cached')
    const { headers } = await get(`/Users/${id}`)
    expect(headers.get('etag')).toBe('W/"1"')
    for (const tag of ['W/"1"', '*', 'W/"9", W/"1"']) {
      const answer = await get(`/Users/${id}`, { 'if-none-match': tag })
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', 'W/"1"'])
    }
    expect((await get(`/Users/${id}`, { 'if-none-match': 'W/"2"' })).status).toBe(200)
  })

  it('has the same ETag whatever of the resource is asked for (section 3.14)', async () => {
    const { id } = await user('same-tag')
    const { headers } = await get(`/Users/${id}?attributes=userName`)
    expect(headers.get('etag')).toBe('W/"1"')
  })

  it('shows the groups of a user, direct and through groups (RFC 7643 section 4.1.2)', async () => {
    const { id } = await user('grouped')
    const inner = await group('Inner', [id])
    await group('Outer', [inner.id])
    const { groups } = (await get(`/Users/${id}`)).body
    expect(
      groups.map(({ display, type }: { display: string; type: string }) => [display, type]).sort(),
    ).toEqual([
      ['Inner', 'direct'],
      ['Outer', 'indirect'],
    ])
    expect(groups[0].$ref).toMatch(/\/scim\/v2\/Groups\//)
  })
})

describe('PUT (RFC 7644 section 3.5.1)', () => {
  it('replaces: what is left out is cleared, and active stays as it was', async () => {
    const { id } = await user('whole', { title: 'Chef', active: false })
    const { status, body, headers } = await endpoint.ask('PUT', `/Users/${id}`, {
      body: { schemas: [urns.user], userName: 'whole' },
    })
    expect([status, headers.get('etag')]).toEqual([200, 'W/"2"'])
    expect([body.title, body.emails, body.name, body.active]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
    ])
  })

  it('never creates: 404', async () => {
    const answer = await endpoint.ask('PUT', '/Users/2819c223-7f76-453a-919d-413861904646', {
      body: newUser('made-by-put'),
    })
    expect(answer.status).toBe(404)
  })

  it('takes the whole object back as Okta sends it, with id, meta and groups', async () => {
    const { id } = await user('okta')
    await group('Okta people', [id])
    const seen = (await get(`/Users/${id}`)).body
    const { status, body } = await endpoint.ask('PUT', `/Users/${id}`, { body: { ...seen, nickName: 'O' } })
    expect([status, body.nickName, body.id]).toEqual([200, 'O', id])
    expect(body.groups).toHaveLength(1)
  })

  it('that changes nothing leaves version and lastModified alone (section 3.5.2.1)', async () => {
    const { id, meta } = await user('still')
    const seen = (await get(`/Users/${id}`)).body
    const { body } = await endpoint.ask('PUT', `/Users/${id}`, { body: seen })
    expect(body.meta).toEqual(meta)
  })

  it('of a userName that another has is 409 uniqueness', async () => {
    await user('first-one')
    const { id } = await user('second-one')
    const { status, body } = await endpoint.ask('PUT', `/Users/${id}`, { body: newUser('First-One') })
    expect([status, body.scimType]).toEqual([409, 'uniqueness'])
  })

  it('of a group replaces its members', async () => {
    const [one, two] = [await user('m-one'), await user('m-two')]
    const { id } = await group('Swapped', [one.id])
    const { status, body } = await endpoint.ask('PUT', `/Groups/${id}`, {
      body: newGroup('Swapped', [two.id]),
    })
    expect([status, body.members.map(({ value }: { value: string }) => value)]).toEqual([200, [two.id]])
  })
})

describe('DELETE (RFC 7644 section 3.6)', () => {
  it.each([
    ['/Users', newUser('deleted'), 'userName eq "deleted"'],
    ['/Groups', newGroup('Deleted'), 'displayName eq "Deleted"'],
  ])('%s answers 204, then 404 to everything, and frees the name', async (path, sent, filter) => {
    const { id } = (await post(path, sent)).body
    const gone = await endpoint.ask('DELETE', `${path}/${id}`)
    expect([gone.status, gone.text]).toEqual([204, ''])
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', sent],
      ['PATCH', patchOf({ op: 'replace', path: 'externalId', value: 'x' })],
      ['DELETE', undefined],
    ] as const)
      expect((await endpoint.ask(method, `${path}/${id}`, { body })).status).toBe(404)
    expect((await get(`${path}?filter=${encodeURIComponent(filter)}`)).body.totalResults).toBe(0)
    expect((await post(path, sent)).status).toBe(201)
  })

  it('is not what active=false is: who is switched off stays readable', async () => {
    const { id } = await user('off', { active: false })
    expect((await get(`/Users/${id}`)).body.active).toBe(false)
    expect((await get('/Users?filter=userName%20eq%20%22off%22')).body.totalResults).toBe(1)
  })

  it('of a user takes it out of its groups', async () => {
    const { id } = await user('leaving')
    const left = await group('Left', [id])
    await endpoint.ask('DELETE', `/Users/${id}`)
    expect((await get(`/Groups/${left.id}`)).body.members).toBeUndefined()
  })
})
