import type { ScimFault } from './scim-fault.ts'

/** The body that answers a refused request (RFC 7644 section 3.12); `status` is a text there. */
export function errorBody(
  fault: Pick<ScimFault, 'status' | 'scimType'> & { readonly detail: string },
): Readonly<Record<string, unknown>> {
  const { status, scimType, detail } = fault
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType === null ? {} : { scimType }),
    detail,
  }
}
