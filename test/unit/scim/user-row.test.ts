import { describe, expect, test } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { readUser } from '../../../scim/read-user.ts'
import { rowOfUser } from '../../../scim/user-row.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const schema = userSchema({
  badge: { type: 'number', multiValued: false },
  skills: { type: 'number', multiValued: true },
})
const context = {
  groups: ['Engineers'],
  country: 'DE',
  trust: { emails: 'asserted', phoneNumbers: 'claimed' },
} as const

describe('rowOfUser', () => {
  test('everything that policies know of a person comes from the resource, as it was sent', () => {
    const document = readUser(
      schema,
      {
        userName: 'Jane.Doe',
        externalId: 'hr-1',
        displayName: 'Jane',
        profileUrl: 'https://example.com/jane',
        name: { givenName: 'Jane', familyName: 'Doe' },
        emails: [
          { value: 'Jane@Example.COM', type: 'work', primary: true, display: 'J' },
          { value: 'b@example.com' },
        ],
        phoneNumbers: [{ value: '0151 1234567', type: 'mobile', primary: false }],
        roles: [{ value: 'Student' }],
        entitlements: [{ value: 'parking' }],
        addresses: [{ country: 'FR' }],
        [enterpriseUrn]: {
          employeeNumber: '7',
          department: 'Sales',
          manager: { value: 'boss', $ref: '../Users/boss' },
        },
        [musterUrn]: {
          startDate: '2026-01-01',
          endDate: '2026-12-31T00:00:00Z',
          custom: { badge: 7, skills: [1, 2] },
        },
      },
      { strict: false },
    )
    expect(rowOfUser('some-id', document, context)).toEqual({
      externalId: 'some-id',
      active: true,
      inactiveFrom: null,
      groups: ['Engineers'],
      country: 'DE',
      attributes: {
        userName: 'Jane.Doe',
        displayName: 'Jane',
        profileUrl: 'https://example.com/jane',
        name: { givenName: 'Jane', familyName: 'Doe' },
        emails: [{ value: 'Jane@Example.COM', type: 'work', primary: true }, { value: 'b@example.com' }],
        phoneNumbers: [{ value: '0151 1234567', type: 'mobile', trust: 'claimed' }],
        roles: [{ value: 'Student' }],
        entitlements: [{ value: 'parking' }],
        [enterpriseUrn]: { employeeNumber: '7', department: 'Sales', manager: { value: 'boss' } },
        [musterUrn]: {
          startDate: '2026-01-01',
          endDate: '2026-12-31T00:00:00.000Z',
          custom: { badge: 7, skills: ['1', '2'] },
        },
      },
    })
  })

  test('a user who is switched off is a row that is', () => {
    const document = readUser(schema, { userName: 'jane', active: false }, { strict: false })
    expect(rowOfUser('some-id', document, context).active).toBe(false)
  })

  test('blanks that a strict connection sends are no values of a person', () => {
    const schemas = [schema.core.id]
    const body = { schemas, userName: 'jane', title: ' ', emails: [{ value: '', type: 'work' }] }
    const document = readUser(schema, body, { strict: true })
    expect(rowOfUser('some-id', document, { ...context, groups: null }).attributes).toEqual({
      userName: 'jane',
    })
  })
})
