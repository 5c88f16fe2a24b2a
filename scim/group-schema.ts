import { defineComplex, defineReference, defineText } from './define-attribute.ts'
import type { ResourceSchema } from './scim-schema.ts'

const immutable = { mutability: 'immutable' } as const

/** What `/Groups` serves (RFC 7643 section 4.2; `displayName` is required by erratum 5368). */
export const groupSchema: ResourceSchema = {
  type: 'Group',
  endpoint: '/Groups',
  core: {
    id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
    name: 'Group',
    description: 'Group',
    attributes: [
      defineText('displayName', 'The name of the group; unique within the connection.', {
        required: true,
        uniqueness: 'server',
      }),
      defineComplex(
        'members',
        'The users and groups in the group.',
        [
          defineText('value', 'The id of the member.', { ...immutable, caseExact: true }),
          defineReference('$ref', 'The address of the member.', ['User', 'Group'], immutable),
          defineText('type', 'What the member is.', { ...immutable, canonicalValues: ['User', 'Group'] }),
          defineText('display', 'The name of the member.', { mutability: 'readOnly' }),
        ],
        { multiValued: true },
      ),
    ],
  },
  extensions: [],
}
