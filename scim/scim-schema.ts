import type { ResourceType } from '../domain/scim-resource.ts'

/** One attribute of a schema, with the characteristics of RFC 7643 section 2.2. */
export interface ScimAttribute {
  readonly name: string
  readonly type:
    | 'string'
    | 'boolean'
    | 'decimal'
    | 'integer'
    | 'dateTime'
    | 'reference'
    | 'binary'
    | 'complex'
  readonly multiValued: boolean
  readonly description: string
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly'
  readonly returned: 'always' | 'never' | 'default' | 'request'
  readonly uniqueness: 'none' | 'server' | 'global'
  readonly canonicalValues?: readonly string[]
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: readonly ScimAttribute[]
}

export interface ScimSchema {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly attributes: readonly ScimAttribute[]
}

/** What one endpoint serves: the core schema and its extensions, none of them required. */
export interface ResourceSchema {
  readonly type: ResourceType
  readonly endpoint: '/Users' | '/Groups'
  readonly core: ScimSchema
  readonly extensions: readonly ScimSchema[]
}
