import type { ScimDocument } from '../domain/scim-resource.ts'
import type { Strictness } from './coerce-value.ts'
import { readDocument } from './read-document.ts'
import type { ResourceSchema } from './scim-schema.ts'

/** The user that a POST says; active where it does not say. Throws ScimFault 400. */
export function readUser(schema: ResourceSchema, body: unknown, options: Strictness): ScimDocument {
  return { active: true, ...readDocument(schema, body, options) }
}

/**
 * The user that a PUT says: what it leaves out is cleared (RFC 7644 section 3.5.1). Only `active` stays as it was, so
 * that a body which does not speak of it brings no leaver back. Throws ScimFault 400.
 */
export function replaceUser(
  schema: ResourceSchema,
  before: ScimDocument,
  body: unknown,
  options: Strictness,
): ScimDocument {
  return { active: before['active'] ?? true, ...readDocument(schema, body, options) }
}
