import type { ScimDocument } from '../domain/scim-resource.ts'
import { checkDocument } from './check-document.ts'
import { coerceMembers, coerceValue, type Strictness } from './coerce-value.ts'
import { isObject } from './is-object.ts'
import { nameInFault } from './name-in-fault.ts'
import { findAttribute } from './schema-lookup.ts'
import { ScimFault } from './scim-fault.ts'
import type { ResourceSchema, ScimAttribute } from './scim-schema.ts'
import { tolerateBody } from './tolerate-body.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * The document that a POST or PUT says (RFC 7644 sections 3.3 and 3.5.1): everything canonical, what only the server
 * sets ignored. Strict: unknown attributes and URNs are refused, and `schemas` is required. Does not look at `members`.
 * Throws ScimFault 400.
 */
export function readDocument(schema: ResourceSchema, sent: unknown, options: Strictness): ScimDocument {
  const body = requireBody(sent)
  const document = readAttributes(schema, options.strict ? body : tolerateBody(schema, body), options)
  checkDocument(schema, document)
  return document
}

/** The body of a request as an object. Throws ScimFault 400 `invalidSyntax` for any other JSON. */
export function requireBody(sent: unknown): Body {
  if (!isObject(sent)) throw new ScimFault(400, 'invalidSyntax', 'the body must be a JSON object')
  return sent
}

function readAttributes(schema: ResourceSchema, body: Body, options: Strictness): ScimDocument {
  const document: Record<string, unknown> = {}
  let schemas: unknown
  for (const key of Object.keys(body)) {
    const found = findTopLevel(schema, key)
    if (found === undefined) {
      if (options.strict)
        throw new ScimFault(400, 'invalidSyntax', `there is no attribute ${nameInFault(key)}`)
      continue
    }
    if (found.name === 'schemas') schemas = body[key]
    const value = readTopLevel(schema, found, body[key], options)
    if (value !== undefined) document[found.name] = value
  }
  if (options.strict) checkSchemas(schema, schemas)
  return document
}

interface TopLevel {
  readonly name: string
  /** Null: the extension whose URN is the name. */
  readonly attribute: ScimAttribute | null
}

/** A key of a body is the name of an attribute or the URN of an extension, never a path. */
function findTopLevel(schema: ResourceSchema, key: string): TopLevel | undefined {
  const found = findAttribute(schema, key)
  const [name, ...rest] = found?.keys ?? []
  if (found === undefined || name === undefined || rest.length > 0) return undefined
  if (found.attribute !== null && key.includes(':')) return undefined
  return { name, attribute: found.attribute }
}

function readTopLevel(
  schema: ResourceSchema,
  { name, attribute }: TopLevel,
  value: unknown,
  options: Strictness,
): unknown {
  if (attribute === null) return readExtension(schema, name, value, options)
  if (attribute.mutability === 'readOnly' || name === 'members') return undefined
  return coerceValue(attribute, value, options, name)
}

function readExtension(schema: ResourceSchema, urn: string, value: unknown, options: Strictness): unknown {
  if (value === null) return undefined
  if (!isObject(value)) {
    if (!options.strict) return undefined
    throw new ScimFault(400, 'invalidValue', `${urn} takes an object`)
  }
  const extension = schema.extensions.find(({ id }) => id === urn)
  return coerceMembers(extension?.attributes ?? [], value, options, `${urn}:`)
}

/** RFC 7643 section 3: a body says which schemas it speaks. */
function checkSchemas(schema: ResourceSchema, schemas: unknown): void {
  const known = [schema.core.id, ...schema.extensions.map(({ id }) => id)].map((id) => id.toLowerCase())
  if (!Array.isArray(schemas) || !schemas.some((urn) => fold(urn) === known[0]))
    throw new ScimFault(400, 'invalidSyntax', `schemas must name ${schema.core.id}`)
  if (!schemas.every((urn) => known.includes(fold(urn))))
    throw new ScimFault(400, 'invalidSyntax', 'schemas names a URN that is not served here')
}

function fold(urn: unknown): string {
  return typeof urn === 'string' ? urn.toLowerCase() : ''
}
