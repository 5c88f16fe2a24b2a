import { describe, expect, test } from 'vitest'
import { enterpriseUrn } from '../../../domain/attributes.ts'
import type { StoredResource } from '../../../domain/scim-resource.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { includes, parseProjection } from '../../../scim/projection.ts'
import { renderResource } from '../../../scim/render-resource.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const schema = userSchema({})
const core = schema.core.id
const user: StoredResource = {
  id: 'some-id',
  type: 'User',
  document: {
    userName: 'jane',
    active: true,
    name: { givenName: 'Jane', familyName: 'Doe' },
    emails: [{ value: 'a@example.com', type: 'work', primary: true }, { value: 'b@example.com' }],
    [enterpriseUrn]: { department: 'Sales', manager: { value: 'boss' } },
  },
  version: 1,
  createdAt: new Date(0),
  modifiedAt: new Date(0),
  groups: [{ value: 'g', display: 'Engineers', type: 'direct' }],
  members: null,
}

function parse(attributes: readonly string[] | null, excludedAttributes: readonly string[] | null) {
  return parseProjection(schema, { attributes, excludedAttributes })
}

function show(attributes: readonly string[] | null, excludedAttributes: readonly string[] | null) {
  return renderResource(schema, user, { baseUrl: '/v2', projection: parse(attributes, excludedAttributes) })
}

describe('attributes (RFC 7644 section 3.4.2.5)', () => {
  test('only what is named comes, and id and schemas always', () => {
    expect(show(['USERNAME'], null)).toEqual({ schemas: [core], id: 'some-id', userName: 'jane' })
  })

  test('sub-attributes are named with a dot, also of each element of a list', () => {
    expect(show(['name.givenName', 'emails.type', 'groups.display'], null)).toEqual({
      schemas: [core],
      id: 'some-id',
      name: { givenName: 'Jane' },
      emails: [{ type: 'work' }],
      groups: [{ display: 'Engineers' }],
    })
  })

  test('URNs stand before names, and schemas lists an extension only when the answer has something of it', () => {
    expect(show([`${core}:active`, `${enterpriseUrn}:manager.value`], null)).toEqual({
      schemas: [core, enterpriseUrn],
      id: 'some-id',
      active: true,
      [enterpriseUrn]: { manager: { value: 'boss' } },
    })
    expect(show([enterpriseUrn], null)[enterpriseUrn]).toEqual(user.document[enterpriseUrn])
  })

  test('a whole attribute takes in its parts, whichever was named first', () => {
    expect(show(['name', 'name.givenName'], null)['name']).toEqual(user.document['name'])
    expect(show(['name.givenName', 'name'], null)['name']).toEqual(user.document['name'])
  })

  test('unknown names are passed over', () => {
    expect(show(['nonsense', '__proto__', 'constructor', 'title'], null)).toEqual({
      schemas: [core],
      id: 'some-id',
    })
  })

  test('meta comes when it is named', () => {
    expect(show(['meta.version'], null)).toEqual({
      schemas: [core],
      id: 'some-id',
      meta: { version: 'W/"1"' },
    })
  })
})

describe('excludedAttributes (RFC 7644 section 3.4.2.5)', () => {
  test('what is named is left out, but never id and schemas', () => {
    const shown = show(null, ['id', 'schemas', 'emails', 'meta', 'groups', enterpriseUrn])
    expect(shown).toEqual({
      schemas: [core],
      id: 'some-id',
      userName: 'jane',
      active: true,
      name: { givenName: 'Jane', familyName: 'Doe' },
    })
  })

  test('parts of attributes are left out of every element', () => {
    const shown = show(null, ['emails.value', 'name.familyName', `${enterpriseUrn}:manager`])
    expect(shown['emails']).toEqual([{ type: 'work', primary: true }])
    expect(shown['name']).toEqual({ givenName: 'Jane' })
    expect(shown[enterpriseUrn]).toEqual({ department: 'Sales' })
  })

  test('an answer changes nothing of what is stored', () => {
    const before = JSON.stringify(user)
    show(null, ['emails.value', 'name.givenName', `${enterpriseUrn}:manager.value`])
    expect(JSON.stringify(user)).toBe(before)
  })
})

test('attributes and excludedAttributes exclude each other', () => {
  expect(() => parse(['a'], ['b'])).toThrow(
    expect.objectContaining({ status: 400, scimType: 'invalidValue' }),
  )
})

test('memberships need not be read where the answer does not show them', () => {
  const group = (attributes: readonly string[] | null, excludedAttributes: readonly string[] | null) =>
    includes(parseProjection(groupSchema, { attributes, excludedAttributes }), 'members')
  expect(group(null, null)).toBe(true)
  expect(group(null, ['MEMBERS'])).toBe(false)
  expect(group(null, ['members.display'])).toBe(true)
  expect(group(['displayName'], null)).toBe(false)
  expect(group(['members.value'], null)).toBe(true)
  expect(includes(parse(['groups'], null), 'groups')).toBe(true)
  expect(includes(parse(['userName'], null), 'groups')).toBe(false)
})
