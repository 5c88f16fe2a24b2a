import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { changedAttributes } from '../../../scim/changed-attributes.ts'
import { readUser, replaceUser } from '../../../scim/read-user.ts'
import { renderResource } from '../../../scim/render-resource.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const schema = userSchema({ badge: { type: 'string', multiValued: false } })
const core = 'urn:ietf:params:scim:schemas:core:2.0:User'
const strict = { strict: true }
const tolerant = { strict: false }

function faultOf(run: () => unknown): ScimFault {
  try {
    run()
  } catch (error) {
    if (error instanceof ScimFault) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('readUser', () => {
  test('RFC 7644 section 3.3: what only the server sets is ignored, strict or not', () => {
    const body = {
      schemas: [core],
      id: 'mine',
      meta: { resourceType: 'User', version: 'W/"7"' },
      groups: [{ value: 'admins' }],
      userName: 'jane',
    }
    expect(readUser(schema, body, strict)).toEqual({ userName: 'jane', active: true })
    expect(readUser(schema, body, tolerant)).toEqual({ userName: 'jane', active: true })
  })

  test('a user is active where nothing is said, and as said otherwise', () => {
    expect(readUser(schema, { userName: 'jane', active: null }, tolerant)['active']).toBe(true)
    expect(readUser(schema, { userName: 'jane', active: 'False' }, tolerant)['active']).toBe(false)
  })

  test.each([[{}], [{ userName: null }], [{ userName: '' }], [{ userName: ' \u00a0 ' }]])(
    'RFC 7643 section 4.1.1: userName is required and not blank: %j',
    (body) => {
      for (const options of [strict, tolerant])
        expect(faultOf(() => readUser(schema, { schemas: [core], ...body }, options))).toMatchObject({
          status: 400,
          scimType: 'invalidValue',
        })
    },
  )

  test('a userName has 256 characters at most, counted after folding', () => {
    expect(readUser(schema, { userName: 'x'.repeat(256) }, tolerant)['userName']).toHaveLength(256)
    for (const userName of ['x'.repeat(257), '\ufdfa'.repeat(15)])
      expect(faultOf(() => readUser(schema, { userName }, tolerant)).scimType).toBe('invalidValue')
  })

  test.each(['displayName', 'externalId'])('what an index holds is no longer than it takes: %s', (name) => {
    const body = { userName: 'jane', [name]: 'x'.repeat(513) }
    expect(faultOf(() => readUser(schema, body, tolerant)).message).toContain(name)
    const emails = [{ value: '\ufdfa'.repeat(29) }]
    expect(faultOf(() => readUser(schema, { userName: 'jane', emails }, tolerant)).message).toContain(
      'emails',
    )
  })

  test('a resource has 256 KiB at most', () => {
    const body = { userName: 'jane', addresses: Array.from({ length: 50 }, (_, i) => large(i)) }
    expect(faultOf(() => readUser(schema, body, tolerant))).toMatchObject({
      status: 400,
      scimType: 'invalidValue',
    })
  })

  test('RFC 7643 section 3: a strict connection says which schemas it speaks, and only those served', () => {
    const spoken = (schemas: unknown) => () => readUser(schema, { schemas, userName: 'jane' }, strict)
    expect(spoken([core.toUpperCase(), enterpriseUrn])()).toEqual({ userName: 'jane', active: true })
    for (const schemas of [
      undefined,
      null,
      core,
      [],
      [enterpriseUrn],
      [core, 'urn:example:2.0:Other'],
      [core, 5],
    ])
      expect(faultOf(spoken(schemas))).toMatchObject({ status: 400, scimType: 'invalidSyntax' })
  })

  test.each([
    ['nonsense', 1],
    ['password', '1mz050nq'],
    ['urn:example:2.0:Other', { a: 1 }],
    ['name.givenName', 'Jane'],
    ['department', 'Sales'],
    [`${enterpriseUrn}:department`, 'Sales'],
    [`${enterpriseUrn}.manager`, 'some-id'],
    [`${core}:title`, 'Engineer'],
    ['jane@example.com', 1],
  ])('the interoperability profile: %s is refused by a strict connection', (key, value) => {
    const fault = faultOf(() => readUser(schema, { schemas: [core], userName: 'jane', [key]: value }, strict))
    expect(fault).toMatchObject({ status: 400, scimType: 'invalidSyntax' })
    expect(fault.message).not.toContain('@')
  })

  test('the password that Okta sends is dropped, and so are unknown keys, URNs and schemas', () => {
    const body = {
      schemas: [core, 'urn:example:2.0:Other'],
      userName: 'jane',
      password: '1mz050nq',
      nonsense: { a: 1 },
      'urn:example:2.0:Other': { a: 1 },
      [enterpriseUrn]: 'nonsense',
      roles: [],
    }
    expect(readUser(schema, body, tolerant)).toEqual({ userName: 'jane', active: true })
  })

  test('RFC 7643 section 2.1: names and URNs count in any case and come out as the schemas write them', () => {
    const body = { SCHEMAS: [core], USERNAME: 'jane', [enterpriseUrn.toUpperCase()]: { Department: 'Sales' } }
    for (const options of [strict, tolerant])
      expect(readUser(schema, body, options)).toEqual({
        userName: 'jane',
        active: true,
        [enterpriseUrn]: { department: 'Sales' },
      })
  })

  test('a tolerant connection may write enterprise attributes with a dot, with a colon, flat or as objects', () => {
    const body = {
      userName: 'jane',
      [enterpriseUrn]: { costCenter: '7' },
      [`${enterpriseUrn}.manager`]: 'some-id',
      [`${enterpriseUrn}:department`]: 'Sales',
      employeeNumber: 701984,
      'name.givenName': 'Jane',
      name: { familyName: 'Doe' },
      'custom.badge': 12,
    }
    expect(readUser(schema, body, tolerant)).toEqual({
      userName: 'jane',
      active: true,
      name: { givenName: 'Jane', familyName: 'Doe' },
      [enterpriseUrn]: {
        costCenter: '7',
        manager: { value: 'some-id' },
        department: 'Sales',
        employeeNumber: '701984',
      },
      [musterUrn]: { custom: { badge: '12' } },
    })
  })

  test.each([null, [], 'jane', 5, true])('RFC 7644 section 3.3: %j is no body', (body) => {
    expect(faultOf(() => readUser(schema, body, tolerant))).toMatchObject({
      status: 400,
      scimType: 'invalidSyntax',
    })
  })

  test('whatever comes is read or refused, changes no prototype and is left as it was', () => {
    const key = fc.constantFrom(
      'userName',
      'Name',
      'name.givenName',
      'emails',
      'active',
      'roles',
      enterpriseUrn,
      `${enterpriseUrn}.manager`,
      `${musterUrn}:custom.badge`,
      'custom',
      'manager',
      'schemas',
      'meta',
      '__proto__',
      'constructor',
      'toString',
      'value',
      'primary',
    )
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.constant('True')),
      tree: fc.oneof(
        { maxDepth: 4 },
        tie('leaf'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(key, fc.string({ maxLength: 8 })), tie('tree'), { maxKeys: 5 }),
      ),
    }))
    const body = fc.dictionary(key, tree, { maxKeys: 8 })
    fc.assert(
      fc.property(body, fc.boolean(), (given, isStrict) => {
        // As it comes from JSON: with `__proto__` as a key like any other.
        const sent: unknown = JSON.parse(JSON.stringify({ ...given, userName: 'jane' }))
        const text = JSON.stringify(sent)
        try {
          const document = readUser(schema, sent, { strict: isStrict })
          expect(JSON.parse(JSON.stringify(document))).toEqual(document)
          expectNothingUnassigned(document)
        } catch (error) {
          expect(error).toBeInstanceOf(ScimFault)
        }
        expect(JSON.stringify(sent)).toBe(text)
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('replaceUser', () => {
  const before = readUser(schema, { userName: 'jane', active: false, title: 'Engineer' }, tolerant)

  test('RFC 7644 section 3.5.1: what a PUT leaves out is cleared', () => {
    expect(replaceUser(schema, before, { userName: 'jane', active: true }, tolerant)).toEqual({
      userName: 'jane',
      active: true,
    })
  })

  test('a PUT that does not speak of active brings no leaver back', () => {
    expect(replaceUser(schema, before, { userName: 'jane' }, tolerant)['active']).toBe(false)
    expect(replaceUser(schema, before, { schemas: [core], userName: 'jane' }, strict)['active']).toBe(false)
  })

  test('RFC 7644 section 3.5.1: what a GET answered changes nothing as a PUT, strict or not', () => {
    const text = fc.string({ minLength: 1, maxLength: 20 }).filter((each) => each.trim() !== '')
    const value = fc.record(
      { value: text, type: fc.constantFrom('work', 'home'), display: text },
      { requiredKeys: ['value'] },
    )
    const body = fc.record(
      {
        userName: text,
        externalId: text,
        active: fc.boolean(),
        name: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }),
        emails: fc.array(value, { maxLength: 3 }),
        roles: fc.array(value, { maxLength: 3 }),
        [enterpriseUrn]: fc.record(
          { department: text, manager: fc.record({ value: text }) },
          { requiredKeys: [] },
        ),
        [musterUrn]: fc.record(
          { startDate: fc.constantFrom('2026-01-01', '2026-01-01T00:00:00.1234567+02:00') },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['userName'] },
    )
    fc.assert(
      fc.property(body, fc.boolean(), (sent, isStrict) => {
        const document = readUser(schema, { schemas: [core], ...sent }, { strict: isStrict })
        const at = new Date(0)
        const shown = renderResource(
          schema,
          {
            id: 'some-id',
            type: 'User',
            document,
            version: 3,
            createdAt: at,
            modifiedAt: at,
            groups: [{ value: 'g', display: 'G', type: 'direct' }],
            members: null,
          },
          { baseUrl: 'https://muster.example.com/scim/v2', projection: { kind: 'whole' } },
        )
        const again: unknown = JSON.parse(JSON.stringify(shown))
        expect(
          changedAttributes(document, replaceUser(schema, document, again, { strict: isStrict })),
        ).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})

/** Texts that are too large together, though none is by itself. */
function large(index: number) {
  return { streetAddress: `${index}${'x'.repeat(8000)}`, type: 'work' }
}

function expectNothingUnassigned(value: unknown): void {
  expect(value).not.toBeNull()
  expect(value).toBeDefined()
  if (typeof value !== 'object' || value === null) return
  expect(Object.keys(value).length).toBeGreaterThan(0)
  for (const member of Object.values(value)) expectNothingUnassigned(member)
}
