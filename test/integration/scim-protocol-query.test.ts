import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newGroup, newUser, urns } from '../support/scim-resources.ts'

let db: TestDatabase
let endpoint: ScimEndpoint
const now = new Date('2026-11-25T12:00:00Z')
const ids = new Map<string, string>()

const people: readonly (readonly [string, object])[] = [
  [
    'anna',
    {
      title: 'Chef',
      active: true,
      emails: emails(['work', 'anna@corp.example'], ['home', 'a@home.example']),
    },
  ],
  ['Bert', { active: false, emails: emails(['work', 'bert@corp.example']), externalId: 'X-1' }],
  ['clara', { title: 'chef', emails: emails(['home', 'clara@corp.example'], ['work', 'c@home.example']) }],
  [
    'dora',
    { [urns.enterprise]: { department: 'Sales', manager: { value: '26118915' } }, emails: [], name: null },
  ],
]

function emails(...given: readonly (readonly [string, string])[]): readonly object[] {
  return given.map(([type, value]) => ({ type, value }))
}

beforeAll(async () => {
  db = await createTestDatabase()
  endpoint = await startScimEndpoint(db.database, { clock: () => now })
  for (const [name, more] of people) {
    const { body } = await endpoint.ask('POST', '/Users', { body: newUser(name, more) })
    ids.set(name, body.id)
  }
  await endpoint.ask('POST', '/Groups', { body: newGroup('Cooks', [idOf('anna'), idOf('clara')]) })
})
afterAll(async () => {
  await endpoint?.close()
  await db?.close()
})

const idOf = (name: string) => ids.get(name) ?? ''
const list = (query: Readonly<Record<string, string>>, place = '/Users') =>
  endpoint.ask('GET', `${place}?${new URLSearchParams(query)}`)
const names = (body: { Resources: { userName: string }[] }) => body.Resources.map(({ userName }) => userName)
const found = async (filter: string) => {
  const { status, body } = await list({ filter })
  return status === 200 ? names(body).sort((a, b) => a.localeCompare(b)) : [status, body.scimType]
}

describe('a list (RFC 7644 section 3.4.2)', () => {
  it('is a ListResponse with everything of the connection, and nothing of another', async () => {
    const { status, body } = await list({})
    expect([status, body.schemas, body.totalResults, body.itemsPerPage, body.startIndex]).toEqual([
      200,
      [urns.list],
      4,
      4,
      1,
    ])
    const token = await endpoint.token('scim:corp')
    expect((await endpoint.ask('GET', '/Users', { token })).body).toMatchObject({
      totalResults: 0,
      Resources: [],
    })
  })

  it('of nobody is 200 with totalResults 0 and Resources there', async () => {
    const { status, body } = await list({ filter: 'userName eq "2b6b0a2e-0000-4000-8000-000000000000"' })
    expect([status, body.totalResults, body.Resources]).toEqual([200, 0, []])
  })

  it('is the same by POST .search (section 3.4.3)', async () => {
    for (const asked of [
      { filter: 'title eq "chef"', sortBy: 'userName', sortOrder: 'descending', count: 1, startIndex: 2 },
      { filter: 'active eq false', attributes: ['userName', 'emails.value'] },
      { excludedAttributes: ['emails', 'meta'] },
    ]) {
      const query = Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, String(value)]))
      const searched = await endpoint.ask('POST', '/Users/.search', {
        body: { schemas: [urns.search], ...asked },
      })
      expect([searched.status, searched.body]).toEqual([200, (await list(query)).body])
    }
  })

  it('of groups works alike, and leaves members out where they are not asked for', async () => {
    const whole = (await list({ filter: 'displayName eq "cooks"' }, '/Groups')).body
    expect(whole.Resources[0].members).toHaveLength(2)
    const { Resources } = (await list({ excludedAttributes: 'members' }, '/Groups')).body
    expect(Resources).toEqual([expect.not.objectContaining({ members: expect.anything() })])
  })
})

describe('filters (RFC 7644 section 3.4.2.2)', () => {
  it.each([
    ['userName eq "ANNA"', ['anna']],
    ['USERNAME EQ "anna"', ['anna']],
    [`${urns.user}:userName eq "anna"`, ['anna']],
    ['userName ne "anna"', ['Bert', 'clara', 'dora']],
    ['userName co "NN"', ['anna']],
    ['userName sw "b"', ['Bert']],
    ['userName ew "a"', ['anna', 'clara', 'dora']],
    ['title pr', ['anna', 'clara']],
    ['not (title pr)', ['Bert', 'dora']],
    ['title eq "chef" and not (userName eq "anna") or active eq false', ['Bert', 'clara']],
    ['active eq false', ['Bert']],
    ['active eq true and title pr', ['anna', 'clara']],
    ['externalId eq "X-1"', ['Bert']],
    ['externalId eq "x-1"', []],
    ['emails.value eq "a@home.example"', ['anna']],
    ['emails co "home.example"', ['anna', 'clara']],
    ['emails[type eq "work" and value co "corp"]', ['anna', 'Bert']],
    ['emails[type eq "work"].value eq "c@home.example"', ['clara']],
    ['emails[type eq "work"].value eq "clara@corp.example"', []],
    ['emails.type eq "home" and emails.value co "corp"', ['anna', 'clara']],
    [`${urns.enterprise}:department eq "sales"`, ['dora']],
    [`${urns.enterprise} pr`, ['dora']],
    [`${urns.enterprise}:manager.value eq "26118915"`, ['dora']],
    ['title ne "Chef"', ['Bert', 'dora']],
    ['title ne null', ['anna', 'clara']],
    ['title eq null', ['Bert', 'dora']],
    ['groups.display eq "Cooks"', ['anna', 'clara']],
    ['meta.lastModified gt "2026-11-25T11:59:59.0000000Z"', ['anna', 'Bert', 'clara', 'dora']],
    ['meta.lastModified gt "2026-11-25T13:00:00+01:00"', []],
    ['meta.created ge "2026-11-25T12:00:00Z" and userName sw "d"', ['dora']],
    ['(userName eq "anna" or userName eq "dora") and (title pr)', ['anna']],
  ])('%s', async (filter, wanted) => {
    expect(await found(filter)).toEqual(wanted)
  })

  it('find by the id', async () => {
    expect(await found(`id eq "${idOf('clara')}"`)).toEqual(['clara'])
  })

  it.each([
    'userName',
    'userName eq',
    'userName zz "x"',
    'userName eq anna',
    "userName eq 'anna'",
    'nothing eq "x"',
    'password eq "x"',
    'userName.value eq "x"',
    'active gt true',
    'active co "tr"',
    'emails[type eq "work"',
    'emails[value[x eq "y"]]',
    'userName eq "a" and',
    'userName eq "a" userName eq "b"',
    '__proto__ eq "x"',
    'constructor pr',
    'userName eq "\\ud800"',
    'meta.lastModified gt "yesterday"',
    '',
  ])('%j is invalidFilter', async (filter) => {
    expect(await found(filter)).toEqual([400, 'invalidFilter'])
  })

  it('without end are refused: too long, too deep, too many terms', async () => {
    const many = Array.from({ length: 101 }, (_, n) => `title eq "${n}"`).join(' or ')
    const deep = `${'('.repeat(40)}title pr${')'.repeat(40)}`
    for (const filter of [many, deep, `userName eq "${'x'.repeat(5000)}"`])
      expect(await found(filter)).toEqual([400, 'invalidFilter'])
    const search = (filter: string) => endpoint.ask('POST', '/Users/.search', { body: { filter } })
    expect((await search(`userName eq "${'x'.repeat(5000)}"`)).status).toBe(200)
    expect((await search(`userName eq "${'x'.repeat(9000)}"`)).body.scimType).toBe('invalidFilter')
  })

  it('that would read without end are tooMany', async () => {
    await db.database.raw('analyze scim_users')
    const token = await endpoint.token('scim:corp')
    await db.database.raw(`insert into scim_users (id, source, user_name_key, active, created_at, modified_at, document)
      select gen_random_uuid(), 'corp', 'crowd-' || n, true, now(), now(), jsonb_build_object('userName', 'crowd-' || n)
      from generate_series(1, 51000) n`)
    await db.database.raw('analyze scim_users')
    const ask = (filter: string) =>
      endpoint.ask('GET', `/Users?${new URLSearchParams({ filter, count: '1' })}`, { token })
    const broad = await ask('title co "x"')
    expect([broad.status, broad.body.scimType]).toEqual([400, 'tooMany'])
    expect((await ask('userName eq "crowd-7" and title co "x"')).status).toBe(200)
    expect((await ask('userName eq "crowd-7"')).body.totalResults).toBe(1)
    await db.database('scim_users').where({ source: 'corp' }).delete()
  })
})

describe('projection (RFC 7644 section 3.4.2.5)', () => {
  it('id and schemas are always there; sub-attributes and URNs count, in any case, unknown names do not', async () => {
    const { Resources } = (
      await list({
        filter: 'userName eq "dora"',
        attributes: `USERNAME,${urns.enterprise}:department,nothing`,
      })
    ).body
    expect(Resources).toEqual([
      {
        schemas: [urns.user, urns.enterprise],
        id: idOf('dora'),
        userName: 'dora',
        [urns.enterprise]: { department: 'Sales' },
      },
    ])
    const without = (
      await list({ filter: 'userName eq "anna"', excludedAttributes: 'id,schemas,emails.type,meta,name' })
    ).body.Resources[0]
    expect(without).toMatchObject({ id: idOf('anna'), schemas: [urns.user] })
    expect(without.emails[0]).toEqual({ value: 'anna@corp.example' })
  })

  it('both at once are 400', async () => {
    expect((await list({ attributes: 'userName', excludedAttributes: 'emails' })).status).toBe(400)
  })
})
