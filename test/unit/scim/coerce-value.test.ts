import { describe, expect, test } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { coerceValue } from '../../../scim/coerce-value.ts'
import { findAttribute } from '../../../scim/schema-lookup.ts'
import { ScimFault } from '../../../scim/scim-fault.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const schema = userSchema({
  level: { type: 'number', multiValued: false },
  skills: { type: 'string', multiValued: true },
})

function coerce(path: string, value: unknown, strict = false): unknown {
  const found = findAttribute(schema, path)
  const attribute = found?.sub ?? found?.attribute
  if (!attribute) throw new Error(`no attribute ${path}`)
  return coerceValue(attribute, value, { strict }, path)
}

function faultOf(run: () => unknown): ScimFault {
  try {
    run()
  } catch (error) {
    if (error instanceof ScimFault) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const manager = `${enterpriseUrn}:manager`
const level = `${musterUrn}:custom.level`
const skills = `${musterUrn}:custom.skills`

describe('coerceValue', () => {
  test.each([null, undefined])('RFC 7643 section 2.5: %s and an empty list are unassigned', (value) => {
    for (const path of ['userName', 'active', 'emails', 'name', manager]) {
      expect(coerce(path, value, true)).toBeUndefined()
      expect(coerce(path, value, false)).toBeUndefined()
    }
    expect(coerce('emails', [], true)).toBeUndefined()
    expect(coerce('emails', [null, {}], true)).toBeUndefined()
    expect(coerce('name', { givenName: null }, true)).toBeUndefined()
  })

  test.each([
    ['active', true],
    ['displayName', 'Jane'],
    [level, 3.5],
    ['name', { givenName: 'Jane' }],
    ['emails', [{ value: 'a@example.com', type: 'work', primary: true }]],
    [skills, ['first aid', 'crane']],
    [`${musterUrn}:startDate`, '2026-01-01'],
    ['x509Certificates', [{ value: 'MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQA=' }]],
  ])('RFC 7643 section 2.3: %s of its own type stays as it is', (path, value) => {
    expect(coerce(path, value, true)).toEqual(value)
    expect(coerce(path, value, false)).toEqual(value)
  })

  test.each([
    ['active', 'True'],
    ['active', 1],
    ['displayName', 5],
    ['displayName', ['a']],
    ['displayName', { value: 'a' }],
    [level, '5'],
    ['name', 'Jane Doe'],
    ['name', ['Jane']],
    ['emails', { value: 'a@example.com' }],
    ['emails', ['a@example.com']],
    [`${musterUrn}:startDate`, 'tomorrow'],
    ['x509Certificates', [{ value: 'not base64!' }]],
    [manager, 'some-id'],
  ])('RFC 7643 section 2.3: %s of another type (%j) is refused by a strict connection', (path, value) => {
    expect(faultOf(() => coerce(path, value, true))).toMatchObject({ status: 400, scimType: 'invalidValue' })
  })

  test.each([
    ['active', 'False', false],
    ['active', ' tRUE ', true],
    ['displayName', 5, '5'],
    [level, '5.5', 5.5],
    ['emails', { value: 'a@example.com' }, [{ value: 'a@example.com' }]],
    ['emails', ['a@example.com'], [{ value: 'a@example.com' }]],
    ['emails', [{ value: 'a@example.com', primary: 'true' }], [{ value: 'a@example.com', primary: true }]],
    ['phoneNumbers', [{ value: '', type: 'work' }], undefined],
    ['roles', '', undefined],
    ['name', 'Jane Doe', { formatted: 'Jane Doe' }],
    ['addresses', 'Main Street 1', [{ formatted: 'Main Street 1' }]],
    [manager, 'some-id', { value: 'some-id' }],
    [manager, '', undefined],
    [manager, { value: '', displayName: 'Max' }, undefined],
    [manager, { $ref: null, value: 'some-id' }, { value: 'some-id' }],
    [skills, 'crane', ['crane']],
  ])('a tolerant connection may send %s as %j', (path, value, canonical) => {
    expect(coerce(path, value)).toEqual(canonical)
  })

  test.each([
    ['active', 'yes please'],
    ['active', 1],
    ['displayName', { value: 'a' }],
    ['emails', [['a@example.com']]],
    [`${musterUrn}:custom`, 'five'],
    [level, 'five'],
    [level, Number.POSITIVE_INFINITY],
    [`${musterUrn}:endDate`, '31.12.2026'],
  ])('what has no meaning is refused by a tolerant one too: %s as %j', (path, value) => {
    const fault = faultOf(() => coerce(path, value))
    expect(fault).toMatchObject({ status: 400, scimType: 'invalidValue' })
    expect(fault.message).toContain(path)
    expect(fault.message).not.toContain(String(value))
  })

  test('RFC 7643 section 2.1: names of sub-attributes count in any case and come out as the schema writes them', () => {
    expect(coerce('name', { GIVENNAME: 'Jane' }, true)).toEqual({ givenName: 'Jane' })
  })

  test('RFC 7643 section 7: canonical values bind a strict connection, in any case, and nobody else', () => {
    expect(coerce('emails', [{ value: 'a', type: 'WORK' }], true)).toEqual([{ value: 'a', type: 'work' }])
    expect(faultOf(() => coerce('emails', [{ value: 'a', type: 'private' }], true)).scimType).toBe(
      'invalidValue',
    )
    expect(coerce('emails', [{ value: 'a', type: 'private' }])).toEqual([{ value: 'a', type: 'private' }])
    expect(coerce('roles', [{ value: 'a', type: 'anything' }], true)).toEqual([
      { value: 'a', type: 'anything' },
    ])
  })

  test('unknown sub-attributes are refused when strict and dropped when not', () => {
    const sent = { givenName: 'Jane', shoeSize: 38 }
    expect(faultOf(() => coerce('name', sent, true))).toMatchObject({
      status: 400,
      scimType: 'invalidSyntax',
    })
    expect(coerce('name', sent)).toEqual({ givenName: 'Jane' })
  })

  test('a fault repeats no key that could be a value', () => {
    const fault = faultOf(() => coerce('name', { 'jane@example.com': 1 }, true))
    expect(fault.message).not.toContain('jane')
  })

  test('RFC 7643 section 2.4: two primary values are refused', () => {
    const sent = [
      { value: 'a', primary: true },
      { value: 'b', primary: true },
    ]
    for (const strict of [true, false])
      expect(faultOf(() => coerce('emails', sent, strict))).toMatchObject({
        status: 400,
        scimType: 'invalidValue',
      })
  })

  test('RFC 7643 section 2.4: the same type and value twice is one value, primary when either was', () => {
    const sent = [
      { value: 'a', type: 'work' },
      { value: 'a', type: 'home' },
      { value: 'a', type: 'work', primary: true },
    ]
    expect(coerce('emails', sent, true)).toEqual([
      { value: 'a', type: 'work', primary: true },
      { value: 'a', type: 'home' },
    ])
    expect(coerce(skills, ['a', 'b', 'a'], true)).toEqual(['a', 'b'])
  })

  test('several values of type work are kept: Entra ID sends them', () => {
    const sent = [
      { value: 'a', type: 'work' },
      { value: 'b', type: 'work' },
    ]
    expect(coerce('emails', sent)).toEqual(sent)
  })

  test('a text of more than 8 KiB and a list of more than 200 values are refused', () => {
    expect(coerce('title', 'x'.repeat(8192))).toHaveLength(8192)
    expect(faultOf(() => coerce('title', 'x'.repeat(8193))).scimType).toBe('invalidValue')
    expect(faultOf(() => coerce('title', 'é'.repeat(4097))).scimType).toBe('invalidValue')
    const many = (count: number) => Array.from({ length: count }, (_, index) => ({ value: `${index}` }))
    expect(coerce('roles', many(200))).toHaveLength(200)
    expect(faultOf(() => coerce('roles', many(201))).scimType).toBe('invalidValue')
  })

  test('RFC 7644 section 3.3: sub-attributes that only the server sets are ignored', () => {
    expect(coerce(manager, { value: 'some-id', displayName: 'Max' }, true)).toEqual({ value: 'some-id' })
  })

  test('what every object inherits is never reached', () => {
    const sent: unknown = JSON.parse(
      '{"givenName":"Jane","__proto__":{"polluted":1},"constructor":{"polluted":1}}',
    )
    expect(coerce('name', sent)).toEqual({ givenName: 'Jane' })
    expect(Object.prototype).not.toHaveProperty('polluted')
    expect(faultOf(() => coerce('name', sent, true)).scimType).toBe('invalidSyntax')
  })
})
