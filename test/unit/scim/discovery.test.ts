import { describe, expect, test } from 'vitest'
import { describeProvider, describeResourceTypes, describeSchemas } from '../../../scim/discovery.ts'
import { groupSchema } from '../../../scim/group-schema.ts'
import { isObject } from '../../../scim/is-object.ts'
import { userSchema } from '../../../scim/user-schema.ts'

const baseUrl = 'https://muster.example.com/scim/v2'
const schemas = [userSchema({ badge: { type: 'string', multiValued: false } }), groupSchema]
const settings = {
  strict: false,
  bulk: { maxOperations: 1000, maxPayloadSize: 8_388_608 },
  pages: { defaultSize: 100, maxSize: 1000, cursorSeconds: 600 },
}

function everyValue(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(everyValue) : [value]
}

describe('discovery', () => {
  test('RFC 7643 section 5, RFC 9865 section 4: what the provider can do', () => {
    expect(describeProvider(baseUrl, settings)).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 8_388_608 },
      filter: { supported: true, maxResults: 1000 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      authenticationSchemes: [expect.objectContaining({ type: 'oauthbearertoken', primary: true })],
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 100,
        maxPageSize: 1000,
        cursorTimeout: 600,
      },
      meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
    })
  })

  test('the interoperability profile is claimed by strict connections only', () => {
    expect(describeProvider(baseUrl, { ...settings, strict: true })['interopProfileConformant']).toBe(true)
    expect(describeProvider(baseUrl, settings)).not.toHaveProperty('interopProfileConformant')
  })

  test('RFC 7643 section 6: a resource type has its name as its id, and names its extensions', () => {
    const [user, group] = describeResourceTypes(baseUrl, schemas)
    expect(user).toMatchObject({
      id: 'User',
      name: 'User',
      endpoint: '/Users',
      schema: 'urn:ietf:params:scim:schemas:core:2.0:User',
      schemaExtensions: [
        { schema: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', required: false },
        { schema: 'urn:muster:scim:schemas:extension:2.0:User', required: false },
      ],
      meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/User` },
    })
    expect(group).toMatchObject({ id: 'Group', endpoint: '/Groups' })
    expect(group).not.toHaveProperty('schemaExtensions')
  })

  test('RFC 7643 section 7: every schema that a resource type names is described, with its address', () => {
    const described = describeSchemas(baseUrl, schemas)
    expect(described.map(({ id, name, meta }) => [id, name, isObject(meta) && meta['location']])).toEqual(
      [
        ['urn:ietf:params:scim:schemas:core:2.0:User', 'User Account'],
        ['urn:ietf:params:scim:schemas:core:2.0:Group', 'Group'],
        ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', 'Enterprise User'],
        ['urn:muster:scim:schemas:extension:2.0:User', 'Muster User'],
      ].map(([id, name]) => [id, name, `${baseUrl}/Schemas/${id}`]),
    )
  })

  test('RFC 7643 section 7: every attribute says all its characteristics', () => {
    const attributes: Readonly<Record<string, unknown>>[] = []
    const collect = (list: unknown) => {
      for (const each of Array.isArray(list) ? list : []) {
        if (!isObject(each)) continue
        attributes.push(each)
        collect(each['subAttributes'])
      }
    }
    for (const schema of describeSchemas(baseUrl, schemas)) collect(schema['attributes'])
    expect(attributes.length).toBeGreaterThan(80)
    for (const attribute of attributes) {
      const isComplex = attribute['type'] === 'complex'
      for (const key of ['name', 'type', 'multiValued', 'description', 'required', 'mutability', 'returned'])
        expect(attribute).toHaveProperty(key)
      // Erratum 6004.
      expect('uniqueness' in attribute).toBe(!isComplex)
      expect('subAttributes' in attribute).toBe(isComplex)
      expect('caseExact' in attribute).toBe(
        ['string', 'reference', 'binary'].includes(String(attribute['type'])),
      )
      // Errata 5607 and 7522.
      expect('referenceTypes' in attribute).toBe(attribute['type'] === 'reference')
    }
  })

  test('nothing is null: Entra ID reads that as a fault', () => {
    const documents = [
      describeProvider(baseUrl, settings),
      describeResourceTypes(baseUrl, schemas),
      describeSchemas(baseUrl, schemas),
    ]
    expect(everyValue(documents)).not.toContain(null)
    expect(everyValue(documents)).not.toContain(undefined)
  })
})
