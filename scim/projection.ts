import { findAttribute } from './schema-lookup.ts'
import { ScimFault } from './scim-fault.ts'
import type { ResourceSchema } from './scim-schema.ts'

/** Attributes by key of the rendered resource; null: with everything in it. */
export type Selection = ReadonlyMap<string, Selection | null>

/** Which attributes an answer holds (RFC 7644 section 3.9). `id` and `schemas` always are. */
export type Projection =
  | { readonly kind: 'whole' }
  | { readonly kind: 'only' | 'without'; readonly selection: Selection }

/**
 * Reads `attributes` and `excludedAttributes` (RFC 7644 section 3.4.2.5): names, sub-attributes, URN paths, in any
 * case. Names that the schema does not have are passed over. Throws ScimFault 400 `invalidValue` where both are given.
 */
export function parseProjection(
  schema: ResourceSchema,
  request: {
    readonly attributes: readonly string[] | null
    readonly excludedAttributes: readonly string[] | null
  },
): Projection {
  const { attributes, excludedAttributes } = request
  if (attributes !== null && excludedAttributes !== null)
    throw new ScimFault(400, 'invalidValue', 'attributes and excludedAttributes exclude each other')
  if (attributes !== null) return { kind: 'only', selection: select(schema, attributes) }
  if (excludedAttributes !== null) return { kind: 'without', selection: select(schema, excludedAttributes) }
  return whole
}

/** Whether the answer shows memberships; where it does not, they need not even be read. */
export function includes(projection: Projection, name: 'groups' | 'members'): boolean {
  switch (projection.kind) {
    case 'whole':
      return true
    case 'only':
      return projection.selection.has(name)
    case 'without':
      return projection.selection.get(name) !== null
  }
}

const whole: Projection = { kind: 'whole' }

interface OpenSelection extends Map<string, OpenSelection | null> {}

function select(schema: ResourceSchema, names: readonly string[]): Selection {
  const selection: OpenSelection = new Map()
  for (const name of names) {
    const found = findAttribute(schema, name.trim())
    if (found !== undefined) addPath(selection, found.keys)
  }
  return selection
}

/** A whole attribute takes in its sub-attributes, whichever was named first. */
function addPath(selection: OpenSelection, [key, ...rest]: readonly string[]): void {
  if (key === undefined) return
  const inner = selection.get(key)
  if (inner === null) return
  if (rest.length === 0) {
    selection.set(key, null)
    return
  }
  const deeper: OpenSelection = inner ?? new Map()
  addPath(deeper, rest)
  selection.set(key, deeper)
}
