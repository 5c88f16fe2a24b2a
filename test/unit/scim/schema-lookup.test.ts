import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { findAttribute, findNamed } from '../../../scim/schema-lookup.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const schema = userSchema({ badge: { type: 'string', multiValued: false } })
const core = 'urn:ietf:params:scim:schemas:core:2.0:User'

describe('findAttribute', () => {
  test.each([
    ['userName', ['userName']],
    ['USERNAME', ['userName']],
    ['name.GIVENname', ['name', 'givenName']],
    ['emails.value', ['emails', 'value']],
    ['meta.lastModified', ['meta', 'lastModified']],
    [`${core}:userName`, ['userName']],
    [`${core.toUpperCase()}:name.familyName`, ['name', 'familyName']],
    [enterpriseUrn, [enterpriseUrn]],
    [`${enterpriseUrn}:department`, [enterpriseUrn, 'department']],
    [`${enterpriseUrn.toLowerCase()}:MANAGER.value`, [enterpriseUrn, 'manager', 'value']],
    [`${musterUrn}:custom.badge`, [musterUrn, 'custom', 'badge']],
  ])('RFC 7643 section 2.1, RFC 7644 section 3.10: %s is found, whatever its case', (path, keys) => {
    expect(findAttribute(schema, path)?.keys).toEqual(keys)
  })

  test('the bare URN of an extension leads to the extension, to no attribute of it', () => {
    expect(findAttribute(schema, enterpriseUrn)).toMatchObject({ extension: enterpriseUrn, attribute: null })
  })

  test('only the tolerant look-up finds what lacks its URN, or has a dot behind it', () => {
    for (const path of ['department', 'manager.value', `${enterpriseUrn}.manager`, 'custom.badge']) {
      expect([path, findAttribute(schema, path)]).toEqual([path, undefined])
      expect(findAttribute(schema, path, true)?.keys).toBeDefined()
    }
  })

  test('a custom attribute takes no name of the core schema', () => {
    const clashing = userSchema({ title: { type: 'number', multiValued: false } })
    expect(findAttribute(clashing, 'title', true)?.keys).toEqual(['title'])
  })

  test.each([
    '__proto__',
    'constructor',
    'toString',
    'name.__proto__',
    'name.constructor',
    '',
    '.',
    ':',
    core,
  ])('what every object inherits, and what is no attribute, is not found: %j', (path) => {
    expect(findAttribute(schema, path, true)).toBeUndefined()
    expect(findNamed(schema.core.attributes, path)).toBeUndefined()
  })

  test('no text ever leads to anything but keys of the schema', () => {
    const known = new Set(
      [schema.core, ...schema.extensions].flatMap(({ id, attributes }) => [
        id,
        ...attributes.flatMap(({ name, subAttributes }) => [
          name,
          ...(subAttributes ?? []).map((sub) => sub.name),
        ]),
      ]),
    )
    for (const common of ['schemas', 'id', 'externalId', 'meta', 'resourceType', 'created', 'lastModified'])
      known.add(common)
    for (const common of ['location', 'version']) known.add(common)
    fc.assert(
      fc.property(fc.string(), (path) => {
        const keys = findAttribute(schema, path, true)?.keys ?? []
        expect(keys.every((key) => known.has(key))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
