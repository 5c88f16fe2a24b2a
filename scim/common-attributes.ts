import { defineAttribute, defineComplex, defineReference, defineText } from './define-attribute.ts'
import type { ScimAttribute } from './scim-schema.ts'

const readOnly = { mutability: 'readOnly' } as const

/** Attributes of every resource (RFC 7643 section 3.1). They belong to no schema, so discovery does not list them. */
export const commonAttributes: readonly ScimAttribute[] = [
  defineReference('schemas', 'The schemas of the resource.', ['uri'], {
    ...readOnly,
    multiValued: true,
    returned: 'always',
  }),
  defineText('id', 'The id that the server gave.', {
    ...readOnly,
    caseExact: true,
    returned: 'always',
    uniqueness: 'server',
  }),
  // Not unique by the RFC: a client may send one twice.
  defineText('externalId', 'The id that the client gave.', { caseExact: true }),
  defineComplex(
    'meta',
    'What the server knows of the resource.',
    [
      defineText('resourceType', 'The name of the resource type.', { ...readOnly, caseExact: true }),
      defineAttribute('dateTime', 'created', 'When the resource was made.', readOnly),
      defineAttribute('dateTime', 'lastModified', 'When the resource was last changed.', readOnly),
      defineReference('location', 'The address of the resource.', ['uri'], readOnly),
      defineText('version', 'The entity tag of the resource.', { ...readOnly, caseExact: true }),
    ],
    readOnly,
  ),
]
