import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newUser, urns } from '../support/scim-resources.ts'

let db: TestDatabase
let endpoint: ScimEndpoint
let strict: string
let n = 0
beforeAll(async () => {
  db = await createTestDatabase()
  endpoint = await startScimEndpoint(db.database)
  strict = await endpoint.token('scim:strict')
})
afterAll(async () => {
  await endpoint?.close()
  await db?.close()
})

/** Creates somebody and answers how they read back, or what was refused. */
async function send(more: object, token?: string) {
  n += 1
  const made = await endpoint.ask('POST', '/Users', {
    body: newUser(`person-${n}`, more),
    ...(token === undefined ? {} : { token }),
  })
  if (made.status !== 201) return { refused: [made.status, made.body.scimType] }
  const asked = token === undefined ? {} : { token }
  return (await endpoint.ask('GET', `/Users/${made.body.id}`, asked)).body
}

describe('attributes (RFC 7643 section 2)', () => {
  it('are known in any case, and answered as the schema writes them (section 2.1)', async () => {
    n += 1
    const { status, body } = await endpoint.ask('POST', '/Users', {
      body: {
        SCHEMAS: [urns.user.toUpperCase()],
        USERNAME: `person-${n}`,
        Name: { GIVENNAME: 'Ada' },
        [urns.enterprise.toUpperCase()]: { DEPARTMENT: 'Sales' },
      },
    })
    expect([status, body.name, body[urns.enterprise]]).toEqual([
      201,
      { givenName: 'Ada' },
      { department: 'Sales' },
    ])
  })

  it('without a value are not there: null, empty lists (section 2.5)', async () => {
    const body = await send({ title: null, phoneNumbers: [], roles: null, [urns.enterprise]: {} })
    for (const name of ['title', 'phoneNumbers', 'roles', urns.enterprise])
      expect(body).not.toHaveProperty(name)
    expect(body.schemas).toEqual([urns.user])
  })

  it('of an extension stand under its URN, which schemas names when it has something (section 3.3)', async () => {
    const body = await send({
      schemas: [urns.user, urns.enterprise],
      [urns.enterprise]: { employeeNumber: '701984', manager: { value: '26118915' } },
      'urn:muster:scim:schemas:extension:2.0:User': { custom: { badge: 'B-1' } },
    })
    expect(body[urns.enterprise].manager.value).toBe('26118915')
    expect(body.schemas).toEqual([urns.user, urns.enterprise, 'urn:muster:scim:schemas:extension:2.0:User'])
  })

  it('that nobody knows are dropped, or refused by a strict connection', async () => {
    const more = { favouriteColour: 'red', 'urn:example:other:2.0:User': { x: 1 } }
    const body = await send(more)
    expect(Object.keys(body)).not.toContain('favouriteColour')
    expect(Object.keys(body)).not.toContain('urn:example:other:2.0:User')
    expect(await send(more, strict)).toEqual({ refused: [400, 'invalidSyntax'] })
  })

  it('of the wrong type are 400 invalidValue, where nothing sensible can be made of them', async () => {
    for (const more of [{ active: 'maybe' }, { active: [], userName: {} }])
      expect([more, await send(more)]).toEqual([more, { refused: [400, 'invalidValue'] }])
    for (const more of [
      { emails: 'a@b.example' },
      { emails: [{ value: { deep: true } }] },
      { name: 'Ada' },
      { title: ['x'] },
      { active: 'true' },
      { active: 2 },
    ])
      expect([more, await send(more, strict)]).toEqual([more, { refused: [400, 'invalidValue'] }])
  })
})

describe('values (RFC 7643 section 2.4)', () => {
  it('of which two are primary are 400 invalidValue', async () => {
    const emails = ['a', 'b'].map((name) => ({ value: `${name}@x.example`, type: name, primary: true }))
    expect(await send({ emails })).toEqual({ refused: [400, 'invalidValue'] })
  })

  it('that are there twice are kept once', async () => {
    const one = { value: 'a@x.example', type: 'work' }
    expect((await send({ emails: [one, one] })).emails).toEqual([one])
  })

  it('of one type may be several: Microsoft sends two mails of type work', async () => {
    const emails = ['a', 'b'].map((name) => ({ value: `${name}@x.example`, type: 'work' }))
    expect((await send({ emails })).emails).toEqual(emails)
  })

  it('have any type, or one of the schema where the connection is strict', async () => {
    const emails = [{ value: 'a@x.example', type: 'vacation' }]
    expect((await send({ emails })).emails).toEqual(emails)
    expect(await send({ emails }, strict)).toEqual({ refused: [400, 'invalidValue'] })
  })

  it('are kept as they were sent, phone numbers too', async () => {
    const phoneNumbers = [{ value: '55555555555', type: 'mobile' }]
    expect((await send({ phoneNumbers })).phoneNumbers).toEqual(phoneNumbers)
  })
})

describe('single attributes', () => {
  it('password is taken and never given back, kept or logged (RFC 7643 section 7)', async () => {
    const body = await send({ password: '1mz050nq-secret' })
    expect(JSON.stringify(body)).not.toContain('secret')
    const { rows } = await db.database.raw("select 1 from scim_users where document::text like '%1mz050nq%'")
    const records = await db.database.raw(
      "select 1 from source_records where attributes::text like '%1mz050nq%'",
    )
    expect([rows, records.rows, endpoint.logged.join('').includes('1mz050nq')]).toEqual([[], [], false])
  })

  it('booleans may be texts, as Entra ID writes them, and are booleans ever after', async () => {
    expect((await send({ active: 'False' })).active).toBe(false)
    expect((await send({ active: 'True' })).active).toBe(true)
    expect(await send({ active: 'True' }, strict)).toEqual({ refused: [400, 'invalidValue'] })
  })

  it('active is true where nothing is said', async () => {
    expect((await send({})).active).toBe(true)
  })

  it('manager may be a text, as Entra ID writes it, and is an object ever after', async () => {
    expect((await send({ [urns.enterprise]: { manager: '26118915' } }))[urns.enterprise].manager.value).toBe(
      '26118915',
    )
  })

  it('name.formatted alone is enough', async () => {
    expect((await send({ name: { formatted: 'Ada King' } })).name).toEqual({ formatted: 'Ada King' })
  })

  it('times have any offset and up to seven digits, and are answered in UTC (RFC 7643 section 2.3.5)', async () => {
    const urn = 'urn:muster:scim:schemas:extension:2.0:User'
    const body = await send({ [urn]: { startDate: '2026-12-01T01:30:00.1234567+02:00' } })
    expect(body[urn].startDate).toMatch(/^2026-11-30T23:30:00(\.123\d*)?Z$/)
    expect(await send({ [urn]: { startDate: 'soon' } })).toEqual({ refused: [400, 'invalidValue'] })
  })

  it('what Okta sends with every creation is taken: groups, password, locale (reference section 2)', async () => {
    const body = await send({
      groups: [],
      password: '1mz050nq',
      locale: 'en-US',
      externalId: '00ujl29u0le5T6Aj10h7',
    })
    expect(body).toMatchObject({ locale: 'en-US', externalId: '00ujl29u0le5T6Aj10h7' })
  })

  it('what Entra ID sends with every creation is taken: meta, roles, unknown schemas', async () => {
    const schemas = [urns.user, 'urn:ietf:params:scim:schemas:extension:unheard:2.0:User']
    expect((await send({ schemas, meta: { resourceType: 'User' }, roles: [] })).schemas).toEqual([urns.user])
    const group = await endpoint.ask('POST', '/Groups', {
      body: {
        schemas: [urns.group, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
        externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
        displayName: 'Entra group',
        meta: { resourceType: 'Group' },
      },
    })
    expect([group.status, group.body.schemas]).toEqual([201, [urns.group]])
  })
})
