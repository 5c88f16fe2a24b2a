import { describe, expect, test } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { findAttribute } from '../../../scim/schema-lookup.ts'
import type { ScimAttribute } from '../../../scim/scim-schema.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const schema = userSchema({
  badge: { type: 'string', multiValued: false },
  skills: { type: 'string', multiValued: true },
  level: { type: 'number', multiValued: false },
  remote: { type: 'boolean', multiValued: false },
  certifiedUntil: { type: 'date', multiValued: false },
})

function attributeAt(path: string): ScimAttribute | null | undefined {
  const found = findAttribute(schema, path)
  return found?.sub ?? found?.attribute
}

function everyAttribute(attributes: readonly ScimAttribute[]): readonly ScimAttribute[] {
  return attributes.flatMap((each) => [each, ...everyAttribute(each.subAttributes ?? [])])
}

describe('the schemas', () => {
  test('the core User has every attribute of RFC 7643 section 4.1 but password, which is not supported', () => {
    const names = schema.core.attributes.map(({ name }) => name)
    expect(names.sort()).toEqual(
      [
        'userName name displayName nickName profileUrl title userType preferredLanguage locale timezone active',
        'emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates',
      ]
        .join(' ')
        .split(' ')
        .sort(),
    )
  })

  test('types of addresses are those of RFC 7643 section 4.1.2', () => {
    expect(attributeAt('emails.type')?.canonicalValues).toEqual(['work', 'home', 'other'])
    expect(attributeAt('phoneNumbers.type')?.canonicalValues).toEqual([
      'work',
      'home',
      'mobile',
      'fax',
      'pager',
      'other',
    ])
    expect(attributeAt('photos.type')?.canonicalValues).toEqual(['photo', 'thumbnail'])
    expect(attributeAt('ims.type')?.canonicalValues).toContain('xmpp')
    expect(attributeAt('roles.type')?.canonicalValues).toBeUndefined()
  })

  test('letter case counts as RFC 7643 sections 2.3.6, 2.3.7, 3.1 and erratum 8472 say', () => {
    expect(attributeAt('userName')?.caseExact).toBe(false)
    for (const exact of ['id', 'externalId', 'profileUrl', 'x509Certificates.value', 'groups.value'])
      expect([exact, attributeAt(exact)?.caseExact]).toEqual([exact, true])
    expect(attributeAt(`${enterpriseUrn}:manager.value`)?.caseExact).toBe(true)
  })

  test('RFC 7643 section 3.1: externalId is not unique, id is, and both are common to all resources', () => {
    expect(attributeAt('externalId')).toMatchObject({ uniqueness: 'none', mutability: 'readWrite' })
    expect(attributeAt('id')).toMatchObject({
      uniqueness: 'server',
      mutability: 'readOnly',
      returned: 'always',
    })
    expect(findAttribute(groupSchema, 'externalId')?.attribute?.name).toBe('externalId')
  })

  test('erratum 8471: the $ref of a group that a user is in leads to a group', () => {
    expect(attributeAt('groups.$ref')?.referenceTypes).toEqual(['Group'])
    expect(attributeAt('groups')?.mutability).toBe('readOnly')
  })

  test('erratum 5368: the name of a group is required', () => {
    const displayName = findAttribute(groupSchema, 'displayName')?.attribute
    expect(displayName).toMatchObject({ required: true, uniqueness: 'server', caseExact: false })
  })

  test('RFC 7643 section 4.2: a member is set once and shows what it is', () => {
    expect(findAttribute(groupSchema, 'members.value')?.sub?.mutability).toBe('immutable')
    expect(findAttribute(groupSchema, 'members.type')?.sub?.canonicalValues).toEqual(['User', 'Group'])
  })

  test('erratum 8415: nothing complex stands inside something complex', () => {
    const complex = everyAttribute([...schema.core.attributes, ...groupSchema.core.attributes]).filter(
      ({ type }) => type === 'complex',
    )
    for (const { subAttributes } of complex)
      expect(subAttributes?.every(({ type }) => type !== 'complex')).toBe(true)
  })

  test('custom attributes stand in our own extension, under the types of RFC 7643 section 2.3', () => {
    const types = ['badge', 'skills', 'level', 'remote', 'certifiedUntil'].map((name) => {
      const attribute = attributeAt(`${musterUrn}:custom.${name}`)
      return [attribute?.type, attribute?.multiValued]
    })
    expect(types).toEqual([
      ['string', false],
      ['string', true],
      ['decimal', false],
      ['boolean', false],
      ['dateTime', false],
    ])
  })

  test('without declared attributes there is no custom', () => {
    expect(findAttribute(userSchema({}), `${musterUrn}:custom`)).toBeUndefined()
  })
})
