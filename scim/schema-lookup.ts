import { commonAttributes } from './common-attributes.ts'
import type { ResourceSchema, ScimAttribute } from './scim-schema.ts'

/** Where a path leads. Everything in it is the schema's: no text of the caller's survives. */
export interface FoundAttribute {
  /** The URN of the extension that the attribute belongs to; null for the core schema and the common attributes. */
  readonly extension: string | null
  /** Null where the path is the bare URN of an extension. */
  readonly attribute: ScimAttribute | null
  readonly sub: ScimAttribute | null
  /** Keys into the rendered resource, e.g. `['name', 'familyName']` or `[enterpriseUrn, 'department']`. */
  readonly keys: readonly string[]
}

/**
 * Finds what a path names, whatever its case (RFC 7643 section 2.1): `userName`, `name.givenName`, `emails.value`, a
 * URN and a colon before either, or the bare URN of an extension. `tolerant` also takes attributes of an extension
 * without its URN, and with a dot behind it. Undefined for anything else. Values in `[ ]` are not looked at.
 */
export function findAttribute(
  schema: ResourceSchema,
  path: string,
  tolerant = false,
): FoundAttribute | undefined {
  const index = indexOf(schema)
  const usual = index.exact.get(path)
  if (usual !== undefined) return usual
  const key = path.toLowerCase()
  return index.exact.get(key) ?? (tolerant ? index.tolerated.get(key) : undefined)
}

/** Finds an attribute by its name in one list, whatever its case; what a schema does not name is not there. */
export function findNamed(attributes: readonly ScimAttribute[], name: string): ScimAttribute | undefined {
  let names = namesOfLists.get(attributes)
  if (names === undefined) {
    // Both writings, so that a name in its usual case costs one look-up.
    names = new Map(
      attributes.flatMap((each) => [[each.name, each] as const, [each.name.toLowerCase(), each]]),
    )
    namesOfLists.set(attributes, names)
  }
  return names.get(name) ?? names.get(name.toLowerCase())
}

interface PathIndex {
  readonly exact: ReadonlyMap<string, FoundAttribute>
  readonly tolerated: ReadonlyMap<string, FoundAttribute>
}

/** Maps, never objects: `__proto__` and `constructor` are as unknown as `foo`. */
const namesOfLists = new WeakMap<readonly ScimAttribute[], ReadonlyMap<string, ScimAttribute>>()
const indexes = new WeakMap<ResourceSchema, PathIndex>()

function indexOf(schema: ResourceSchema): PathIndex {
  const known = indexes.get(schema)
  if (known !== undefined) return known
  const index = buildIndex(schema)
  indexes.set(schema, index)
  return index
}

function buildIndex(schema: ResourceSchema): PathIndex {
  const exact = new Map<string, FoundAttribute>()
  const tolerated = new Map<string, FoundAttribute>()
  const add = (index: Map<string, FoundAttribute>, name: string, found: FoundAttribute) => {
    // The first one keeps a name: a custom attribute cannot take the place of one of the core schema.
    // Both writings, so that a name in its usual case costs one look-up.
    for (const key of [name, name.toLowerCase()]) if (!index.has(key)) index.set(key, found)
  }
  for (const found of expand([...commonAttributes, ...schema.core.attributes], null)) {
    const name = found.keys.join('.')
    add(exact, name, found)
    add(exact, `${schema.core.id}:${name}`, found)
    add(tolerated, `${schema.core.id}.${name}`, found)
  }
  for (const { id, attributes } of schema.extensions) {
    add(exact, id, { extension: id, attribute: null, sub: null, keys: [id] })
    for (const found of expand(attributes, id)) {
      const name = found.keys.slice(1).join('.')
      add(exact, `${id}:${name}`, found)
      add(tolerated, `${id}.${name}`, found)
      add(tolerated, name, found)
    }
  }
  return { exact, tolerated }
}

function expand(attributes: readonly ScimAttribute[], extension: string | null): readonly FoundAttribute[] {
  const start = extension === null ? [] : [extension]
  return attributes.flatMap((attribute) => [
    { extension, attribute, sub: null, keys: [...start, attribute.name] },
    ...(attribute.subAttributes ?? []).map((sub) => ({
      extension,
      attribute,
      sub,
      keys: [...start, attribute.name, sub.name],
    })),
  ])
}
