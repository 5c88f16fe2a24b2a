import { isObject } from './is-object.ts'
import { findAttribute } from './schema-lookup.ts'
import type { ResourceSchema } from './scim-schema.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * What a tolerant connection forgives of a whole body, in this order; `tolerateValue` does the single values. Keys
 * that are left unknown (`password`, vendors' own) and URNs of `schemas` that we do not know are passed over when the
 * body is read.
 */
const steps: readonly ((schema: ResourceSchema, body: Body) => Body)[] = [placeNames]

/** A body as the strict engine wants it. The body itself is left alone. */
export function tolerateBody(schema: ResourceSchema, body: Body): Body {
  return steps.reduce((tolerated, step) => step(schema, tolerated), body)
}

/**
 * Puts every attribute where it belongs: Entra ID sends `urn:…:2.0:User.manager` with a dot and sub-attributes as
 * `name.givenName`; scripts send the attributes of an extension without its URN.
 */
function placeNames(schema: ResourceSchema, body: Body): Body {
  if (Object.keys(body).every((key) => isInPlace(schema, key))) return body
  const placed: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(body)) {
    const found = findAttribute(schema, key, true)
    if (found === undefined) continue
    placeAt(placed, found.keys, value)
  }
  return placed
}

function isInPlace(schema: ResourceSchema, key: string): boolean {
  const found = findAttribute(schema, key)
  return found === undefined ? findAttribute(schema, key, true) === undefined : found.keys[0] === key
}

/** The keys are the schema's own. An object that is there already gets what comes later beside what it has. */
function placeAt(placed: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  const [key, ...rest] = keys
  if (key === undefined) return
  const there = Object.hasOwn(placed, key) ? placed[key] : undefined
  if (rest.length === 0) {
    placed[key] = isObject(there) && isObject(value) ? { ...there, ...value } : value
    return
  }
  const inner: Record<string, unknown> = isObject(there) ? { ...there } : {}
  placeAt(inner, rest, value)
  placed[key] = inner
}
