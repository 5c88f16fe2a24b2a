import type { ResourceSchema, ScimAttribute, ScimSchema } from './scim-schema.ts'

type DiscoveryDocument = Readonly<Record<string, unknown>>

/** What a connection may do, as ServiceProviderConfig says it. */
export interface ProviderSettings {
  readonly strict: boolean
  /** Bytes of a body. */
  readonly bulk: { readonly maxOperations: number; readonly maxPayloadSize: number }
  readonly pages: {
    readonly defaultSize: number
    readonly maxSize: number
    readonly cursorSeconds: number
  }
}

/**
 * ServiceProviderConfig (RFC 7643 section 5, with the pagination of RFC 9865 section 4). What does not apply is left
 * out, never null. Only a strict connection refuses all that the interoperability profile refuses, and says so.
 */
export function describeProvider(baseUrl: string, settings: ProviderSettings): DiscoveryDocument {
  const { strict, bulk, pages } = settings
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: true, ...bulk },
    filter: { supported: true, maxResults: pages.maxSize },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token of this connection in the header Authorization.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: pages.defaultSize,
      maxPageSize: pages.maxSize,
      cursorTimeout: pages.cursorSeconds,
    },
    ...(strict ? { interopProfileConformant: true } : {}),
    meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
  }
}

/** One ResourceType for each schema (RFC 7643 section 6). */
export function describeResourceTypes(
  baseUrl: string,
  schemas: readonly ResourceSchema[],
): readonly (DiscoveryDocument & { readonly id: string })[] {
  return schemas.map(({ type, endpoint, core, extensions }) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    // The interoperability profile wants both to be one.
    id: type,
    name: type,
    description: core.description,
    endpoint,
    schema: core.id,
    ...(extensions.length > 0
      ? { schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })) }
      : {}),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${type}` },
  }))
}

/** Every schema that is served, core schemas first (RFC 7643 section 7). */
export function describeSchemas(
  baseUrl: string,
  schemas: readonly ResourceSchema[],
): readonly (DiscoveryDocument & { readonly id: string })[] {
  const all = [...schemas.map(({ core }) => core), ...schemas.flatMap(({ extensions }) => extensions)]
  return all.map((schema) => describeSchema(baseUrl, schema))
}

function describeSchema(baseUrl: string, { id, name, description, attributes }: ScimSchema) {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id,
    name,
    description,
    attributes: attributes.map(describeAttribute),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${id}` },
  }
}

/** Complex attributes have no uniqueness (erratum 6004), and only texts have a letter case. */
function describeAttribute(attribute: ScimAttribute): DiscoveryDocument {
  const { name, type, multiValued, description, required, caseExact, mutability, returned, uniqueness } =
    attribute
  const { canonicalValues, referenceTypes, subAttributes } = attribute
  return {
    name,
    type,
    multiValued,
    description,
    required,
    ...(lettered.has(type) ? { caseExact } : {}),
    ...(canonicalValues === undefined ? {} : { canonicalValues }),
    ...(referenceTypes === undefined ? {} : { referenceTypes }),
    mutability,
    returned,
    ...(type === 'complex' ? {} : { uniqueness }),
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(describeAttribute) }),
  }
}

const lettered: ReadonlySet<ScimAttribute['type']> = new Set(['string', 'reference', 'binary'])
