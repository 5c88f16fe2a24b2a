import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ScimEndpoint, startScimEndpoint } from '../support/scim-endpoint.ts'
import { newGroup, newUser, patchOf, urns } from '../support/scim-resources.ts'

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

async function person(more: object = {}, token?: string): Promise<string> {
  n += 1
  const asked = token === undefined ? {} : { token }
  return (await endpoint.ask('POST', '/Users', { body: newUser(`person-${n}`, more), ...asked })).body.id
}

const patch = (path: string, body: unknown, more: object = {}) =>
  endpoint.ask('PATCH', path, { body, ...more })
const patchUser = async (id: string, ...operations: object[]) => {
  const { status, body } = await patch(`/Users/${id}`, patchOf(...operations))
  return status === 200 ? body : [status, body?.scimType]
}
const membersOf = async (id: string): Promise<string[]> =>
  ((await endpoint.ask('GET', `/Groups/${id}`)).body.members ?? [])
    .map(({ value }: { value: string }) => value)
    .sort()

describe('PATCH of a user (RFC 7644 section 3.5.2)', () => {
  it('takes op and Operations in any case, several at once, in order', async () => {
    const { status, body } = await patch(`/Users/${await person()}`, {
      schemas: [urns.patch],
      operations: [
        { OP: 'Add', Path: 'title', value: 'first' },
        { op: 'REPLACE', path: 'TITLE', value: 'second' },
      ],
    })
    expect([status, body.title, body.meta.version]).toEqual([200, 'second', 'W/"2"'])
  })

  it('is all or nothing: one operation that fails undoes those before it', async () => {
    const id = await person()
    expect(
      await patchUser(id, { op: 'add', path: 'title', value: 'x' }, { op: 'remove', path: 'userName' }),
    ).toEqual([400, 'mutability'])
    const { body } = await endpoint.ask('GET', `/Users/${id}`)
    expect([body.title, body.meta.version]).toEqual([undefined, 'W/"1"'])
  })

  it('without a path merges, with dotted and URN keys too, as Entra ID and Okta send them', async () => {
    const body = await patchUser(await person(), {
      op: 'replace',
      value: {
        active: false,
        'name.givenName': 'Grace',
        [`${urns.enterprise}:department`]: 'Sales',
      },
    })
    expect([
      body.active,
      body.name.givenName,
      body.name.familyName,
      body[urns.enterprise].department,
    ]).toEqual([false, 'Grace', 'King', 'Sales'])
  })

  it('disables and enables as Entra ID does, with a text', async () => {
    const id = await person()
    expect((await patchUser(id, { op: 'Replace', path: 'active', value: 'False' })).active).toBe(false)
    expect((await patchUser(id, { op: 'Replace', path: 'active', value: 'True' })).active).toBe(true)
  })

  it('that adds an equal value changes nothing: version and lastModified stay (section 3.5.2.1)', async () => {
    const id = await person()
    const before = (await endpoint.ask('GET', `/Users/${id}`)).body
    const after = await patchUser(id, { op: 'add', path: 'emails', value: before.emails })
    expect(after.meta).toEqual(before.meta)
  })

  it('moves primary to the value that is made primary (section 3.5.2)', async () => {
    const emails = (
      await patchUser(await person(), {
        op: 'add',
        path: 'emails',
        value: [{ value: 'new@x.example', type: 'home', primary: true }],
      })
    ).emails as { value: string; primary?: boolean }[]
    expect(emails.filter(({ primary }) => primary).map(({ value }) => value)).toEqual(['new@x.example'])
  })

  it('creates what Entra ID replaces by a value path, and is noTarget where strict or not a plain eq', async () => {
    const replace = (path: string) => ({ op: 'replace', path, value: '+49 30 1234567' })
    const body = await patchUser(await person(), replace('phoneNumbers[type eq "work"].value'))
    expect(body.phoneNumbers).toEqual([{ type: 'work', value: '+49 30 1234567' }])
    expect(await patchUser(await person(), replace('phoneNumbers[value sw "+1"].value'))).toEqual([
      400,
      'noTarget',
    ])
    const id = await person({}, strict)
    const refused = await patch(`/Users/${id}`, patchOf(replace('phoneNumbers[type eq "work"].value')), {
      token: strict,
    })
    expect([refused.status, refused.body.scimType]).toEqual([400, 'noTarget'])
  })

  it.each([
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'remove', path: 'emails[value eq "nobody@x.example"]' }, 'noTarget'],
    [{ op: 'remove', path: 'userName' }, 'mutability'],
    [{ op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    [{ op: 'replace', path: 'meta.version', value: 'x' }, 'mutability'],
    [{ op: 'add', path: 'groups', value: [{ value: 'x' }] }, 'mutability'],
    [{ op: 'replace', path: 'emails[type eq', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: '__proto__.x', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'constructor.prototype.x', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'name.__proto__.x', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'toString', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'active', value: 'maybe' }, 'invalidValue'],
    [{ op: 'move', path: 'title', value: 'x' }, 'invalidSyntax'],
    [{ path: 'title', value: 'x' }, 'invalidSyntax'],
  ])('%j is %s', async (operation, scimType) => {
    expect(await patchUser(await person(), operation)).toEqual([400, scimType])
  })

  it('of an attribute that nobody knows changes nothing, and is invalidPath where the connection is strict', async () => {
    const operation = { op: 'replace', path: 'nothing', value: 'x' }
    expect((await patchUser(await person(), operation)).meta.version).toBe('W/"1"')
    const id = await person({}, strict)
    const { status, body } = await patch(`/Users/${id}`, patchOf(operation), { token: strict })
    expect([status, body.scimType]).toEqual([400, 'invalidPath'])
  })

  it('is invalidSyntax where it is no PATCH', async () => {
    const id = await person()
    for (const body of [
      {},
      { schemas: [urns.user] },
      { schemas: [urns.patch], Operations: 'x' },
      [],
      null,
      5,
    ])
      expect((await patch(`/Users/${id}`, body)).body.scimType).toBe('invalidSyntax')
  })

  it('has no more operations and members than fit', async () => {
    const operations = Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: 'x' }))
    expect((await patch(`/Users/${await person()}`, patchOf(...operations))).status).toBe(413)
  })

  it('answers 200 with the resource, what is asked of it, or 204 where nothing is wanted', async () => {
    const id = await person()
    const body = patchOf({ op: 'add', path: 'title', value: 'x' })
    expect(Object.keys((await patch(`/Users/${id}?attributes=title`, body)).body)).toEqual([
      'schemas',
      'id',
      'title',
    ])
    const minimal = await patch(`/Users/${id}`, body, { headers: { prefer: 'return=minimal' } })
    expect([minimal.status, minimal.text, minimal.headers.get('etag')]).toEqual([204, '', 'W/"2"'])
  })

  it('of a manager takes a text and clears by an empty one, as Entra ID does', async () => {
    const id = await person()
    const path = `${urns.enterprise}:manager`
    expect((await patchUser(id, { op: 'Add', path, value: '26118915' }))[urns.enterprise].manager.value).toBe(
      '26118915',
    )
    expect((await patchUser(id, { op: 'Replace', path, value: '' }))[urns.enterprise]).toBeUndefined()
  })
})

describe('PATCH of a group (RFC 7644 section 3.5.2)', () => {
  const group = async (members: readonly string[] = []): Promise<string> => {
    n += 1
    return (await endpoint.ask('POST', '/Groups', { body: newGroup(`Group ${n}`, members) })).body.id
  }
  const change = async (id: string, ...operations: object[]) => {
    const { status, body } = await patch(`/Groups/${id}`, patchOf(...operations))
    return status === 204 ? membersOf(id) : [status, body?.scimType]
  }

  it('adds members, again and again, as Entra ID sends them', async () => {
    const [one, two] = [await person(), await person()]
    const id = await group()
    const add = { op: 'Add', path: 'members', value: [{ $ref: null, value: one }] }
    expect(await change(id, add)).toEqual([one])
    expect(await change(id, add)).toEqual([one])
    expect(await change(id, { op: 'add', path: 'members', value: [{ value: two, display: 'Two' }] })).toEqual(
      [one, two].sort(),
    )
  })

  it('removes one member by filter or by a list, and all without either', async () => {
    const all = await Promise.all([person(), person(), person(), person()])
    const [one = '', two = '', three = '', four = ''] = all
    const id = await group(all)
    expect(await change(id, { op: 'remove', path: `members[value eq "${one}"]` })).toEqual(
      [two, three, four].sort(),
    )
    const listed = { op: 'Remove', path: 'members', value: [{ $ref: null, value: two }] }
    expect(await change(id, listed)).toEqual([three, four].sort())
    expect(await change(id, listed)).toEqual([three, four].sort())
    expect(await change(id, { op: 'remove', path: `members[value eq "${two}"]` })).toEqual(
      [three, four].sort(),
    )
    expect(await change(id, { op: 'remove', path: 'members' })).toEqual([])
  })

  it('replaces members, with none too, and leaves them alone where they are not named', async () => {
    const one = await person()
    const id = await group([one])
    n += 1
    const displayName = `Renamed ${n}`
    // Okta repeats the id in a path-less replace: no mutability fault.
    expect(await change(id, { op: 'replace', value: { id, displayName } })).toEqual([one])
    expect((await endpoint.ask('GET', `/Groups/${id}?excludedAttributes=members`)).body.displayName).toBe(
      displayName,
    )
    expect(await change(id, { op: 'replace', path: 'members', value: [] })).toEqual([])
  })

  it('mixes removing and adding in one request, as Okta does', async () => {
    const [one, two] = [await person(), await person()]
    const id = await group([one])
    expect(
      await change(
        id,
        { op: 'remove', path: `members[value eq "${one}"]` },
        { op: 'add', path: 'members', value: [{ value: two, display: 'two' }] },
      ),
    ).toEqual([two])
  })

  it('with one member that is not there is refused whole: invalidValue', async () => {
    const one = await person()
    const id = await group()
    const value = [{ value: one }, { value: '2819c223-7f76-453a-919d-413861904646' }]
    expect(await change(id, { op: 'add', path: 'members', value })).toEqual([400, 'invalidValue'])
    expect(await membersOf(id)).toEqual([])
  })

  it('answers 204, and the resource where attributes are asked for', async () => {
    const one = await person()
    const id = await group()
    const { status, body } = await patch(
      `/Groups/${id}?attributes=displayName,members`,
      patchOf({ op: 'add', path: 'members', value: [{ value: one }] }),
    )
    expect([status, body.members.map(({ value }: { value: string }) => value)]).toEqual([200, [one]])
  })

  it('takes 256 members at once, as Okta sends them', async () => {
    const operations = Array.from({ length: 256 }, (_, index) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `b${index}`,
      data: newUser(`crowd-${index}`),
    }))
    const bulk = await endpoint.ask('POST', '/Bulk', {
      body: { schemas: [urns.bulk], Operations: operations },
    })
    const members: string[] = bulk.body.Operations.map(({ location }: { location: string }) =>
      location.split('/').at(-1),
    )
    const value = members.map((id) => ({ value: id }))
    expect(await change(await group(), { op: 'add', path: 'members', value })).toHaveLength(256)
  })
})
