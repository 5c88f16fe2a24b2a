import { describe, expect, test } from 'vitest'
import { enterpriseUrn } from '../../../domain/attributes.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { renderResource } from '../../../scim/render-resource.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const schema = userSchema({})
const rendering = { baseUrl: 'https://muster.example.com/scim/v2', projection: { kind: 'whole' } } as const
const times = { createdAt: new Date('2026-01-01T00:00:00Z'), modifiedAt: new Date('2026-02-01T00:00:00Z') }

describe('renderResource', () => {
  test('RFC 7643 sections 3 and 3.1: a user with its schemas, id, groups and meta', () => {
    const shown = renderResource(
      schema,
      {
        ...times,
        id: 'u',
        type: 'User',
        document: { userName: 'jane', active: true, [enterpriseUrn]: { manager: { value: 'boss' } } },
        version: 7,
        groups: [
          { value: 'g', display: 'Engineers', type: 'direct' },
          { value: 'h', display: 'Everybody', type: 'indirect' },
        ],
        members: null,
      },
      rendering,
    )
    expect(shown).toEqual({
      schemas: [schema.core.id, enterpriseUrn],
      id: 'u',
      userName: 'jane',
      active: true,
      [enterpriseUrn]: { manager: { value: 'boss' } },
      groups: [
        {
          value: 'g',
          $ref: 'https://muster.example.com/scim/v2/Groups/g',
          display: 'Engineers',
          type: 'direct',
        },
        {
          value: 'h',
          $ref: 'https://muster.example.com/scim/v2/Groups/h',
          display: 'Everybody',
          type: 'indirect',
        },
      ],
      meta: {
        resourceType: 'User',
        created: '2026-01-01T00:00:00.000Z',
        lastModified: '2026-02-01T00:00:00.000Z',
        location: 'https://muster.example.com/scim/v2/Users/u',
        version: 'W/"7"',
      },
    })
  })

  test('RFC 7643 section 3: schemas lists an extension only when it has data', () => {
    const document = { userName: 'jane', active: true }
    const user = { ...times, id: 'u', type: 'User', document, version: 1, groups: [], members: null } as const
    const shown = renderResource(schema, user, rendering)
    expect(shown['schemas']).toEqual([schema.core.id])
    expect(shown).not.toHaveProperty('groups')
  })

  test('RFC 7643 section 4.2: a group with its members, users and groups', () => {
    const shown = renderResource(
      groupSchema,
      {
        ...times,
        id: 'g',
        type: 'Group',
        document: { displayName: 'Engineers' },
        version: 2,
        groups: null,
        members: [
          { value: 'u', type: 'User', display: 'Jane' },
          { value: 'h', type: 'Group', display: null },
        ],
      },
      rendering,
    )
    expect(shown['members']).toEqual([
      { value: 'u', $ref: 'https://muster.example.com/scim/v2/Users/u', type: 'User', display: 'Jane' },
      { value: 'h', $ref: 'https://muster.example.com/scim/v2/Groups/h', type: 'Group' },
    ])
    expect(shown['meta']).toMatchObject({ resourceType: 'Group', version: 'W/"2"' })
  })
})
