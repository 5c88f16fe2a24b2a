import type { GroupOfUser, Member, StoredResource } from '../domain/scim-resource.ts'
import { isObject } from './is-object.ts'
import type { Projection, Selection } from './projection.ts'
import type { ResourceSchema } from './scim-schema.ts'

export interface Rendering {
  /** The address of `/scim/v2`, without a slash at the end. */
  readonly baseUrl: string
  readonly projection: Projection
}

type Rendered = Record<string, unknown>

/**
 * A resource as clients see it: what is stored, and `schemas`, `id`, `meta` and memberships (RFC 7643 section 3).
 * `schemas` names an extension when it has something in this answer, and only then.
 */
export function renderResource(
  schema: ResourceSchema,
  resource: StoredResource,
  { baseUrl, projection }: Rendering,
): Rendered {
  const attributes = project(whole(schema, resource, baseUrl), projection)
  const schemas = [schema.core.id]
  for (const { id } of schema.extensions) if (attributes[id] !== undefined) schemas.push(id)
  return { schemas, id: resource.id, ...attributes }
}

/** Everything but `schemas` and `id`. */
function whole(schema: ResourceSchema, resource: StoredResource, baseUrl: string): Rendered {
  const rendered: Rendered = { ...resource.document }
  const { groups, members } = resource
  if (groups !== null && groups.length > 0)
    rendered['groups'] = groups.map((group) => renderGroup(group, baseUrl))
  if (members !== null && members.length > 0)
    rendered['members'] = members.map((member) => renderMember(member, baseUrl))
  rendered['meta'] = {
    resourceType: schema.type,
    created: resource.createdAt.toISOString(),
    lastModified: resource.modifiedAt.toISOString(),
    location: `${baseUrl}${schema.endpoint}/${resource.id}`,
    version: `W/"${resource.version}"`,
  }
  return rendered
}

function renderGroup({ value, display, type }: GroupOfUser, baseUrl: string): Rendered {
  return { value, $ref: `${baseUrl}/Groups/${value}`, display, type }
}

function renderMember({ value, type, display }: Member, baseUrl: string): Rendered {
  const $ref = `${baseUrl}/${type}s/${value}`
  return display === null ? { value, $ref, type } : { value, $ref, type, display }
}

function project(rendered: Rendered, projection: Projection): Rendered {
  switch (projection.kind) {
    case 'whole':
      return rendered
    case 'only':
      return onlySelected(rendered, projection.selection)
    case 'without':
      return withoutSelected(rendered, projection.selection)
  }
}

function onlySelected(object: Readonly<Rendered>, selection: Selection): Rendered {
  const kept: Rendered = {}
  for (const [key, inner] of selection) {
    if (!Object.hasOwn(object, key)) continue
    const value = inner === null ? object[key] : within(object[key], (each) => onlySelected(each, inner))
    if (value !== undefined) kept[key] = value
  }
  return kept
}

function withoutSelected(object: Readonly<Rendered>, selection: Selection): Rendered {
  const kept: Rendered = { ...object }
  for (const [key, inner] of selection) {
    if (!Object.hasOwn(object, key)) continue
    const value = inner === null ? undefined : within(object[key], (each) => withoutSelected(each, inner))
    if (value === undefined) delete kept[key]
    else kept[key] = value
  }
  return kept
}

/** Changes an object, or each of a list; undefined where nothing is left. */
function within(value: unknown, change: (object: Readonly<Rendered>) => Rendered): unknown {
  if (!Array.isArray(value)) return isObject(value) ? presentOnly(change(value)) : value
  const elements = value
    .map((element) => (isObject(element) ? presentOnly(change(element)) : element))
    .filter((element) => element !== undefined)
  return elements.length > 0 ? elements : undefined
}

function presentOnly(object: Rendered): Rendered | undefined {
  return Object.keys(object).length > 0 ? object : undefined
}
