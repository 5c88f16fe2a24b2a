import type { FilterValueType } from '../../domain/filter.ts'
import { type FilterSchema, SchemaBuilder, type Traits } from '../../policies/filter/schema-builder.ts'
import { commonAttributes } from '../common-attributes.ts'
import type { ResourceSchema, ScimAttribute } from '../scim-schema.ts'

/**
 * What a filter on the resources of a schema may name (RFC 7644 section 3.4.2.2): core attributes with and without
 * their URN, attributes of an extension with its URN, the bare URN of an extension (`pr` only), and of the common
 * attributes `id`, `externalId`, `meta.created` and `meta.lastModified`. References to resources (`$ref`) cannot be
 * asked for, neither can what is never returned. Remembered by schema.
 */
export function describeResource(schema: ResourceSchema): FilterSchema {
  const known = resources.get(schema)
  if (known !== undefined) return known
  const builder = new SchemaBuilder()
  const { core, extensions } = schema
  addAttributes(builder, filterableCommon, [], ['', `${core.id}:`])
  addAttributes(builder, core.attributes, [], ['', `${core.id}:`])
  for (const { id, attributes } of extensions) {
    builder.addComplex([id], [id])
    addAttributes(builder, attributes, [id], [`${id}:`])
  }
  resources.set(schema, builder)
  return builder
}

/** What a value filter sees of one value of a multi-valued complex attribute. Remembered by attribute. */
export function describeElement(attribute: ScimAttribute): FilterSchema {
  const known = elements.get(attribute)
  if (known !== undefined) return known
  const builder = new SchemaBuilder()
  addAttributes(builder, attribute.subAttributes ?? [], [], [''])
  elements.set(attribute, builder)
  return builder
}

const resources = new WeakMap<ResourceSchema, FilterSchema>()
const elements = new WeakMap<ScimAttribute, FilterSchema>()

const filterableMeta = new Set(['created', 'lastModified'])
const filterableCommon: readonly ScimAttribute[] = commonAttributes.flatMap((attribute) => {
  if (attribute.name === 'schemas') return []
  const { subAttributes } = attribute
  if (subAttributes === undefined) return [attribute]
  return [{ ...attribute, subAttributes: subAttributes.filter(({ name }) => filterableMeta.has(name)) }]
})

function addAttributes(
  builder: SchemaBuilder,
  attributes: readonly ScimAttribute[],
  start: readonly string[],
  prefixes: readonly string[],
): void {
  for (const attribute of attributes.filter(isFilterable)) {
    const path = [...start, attribute.name]
    const names = prefixes.map((prefix) => prefix + attribute.name)
    if (attribute.type !== 'complex') addSimple(builder, attribute, path, names)
    else if (attribute.multiValued) builder.addList(path, traitsOfParts(attribute), names)
    else addComplex(builder, attribute, path, names)
  }
}

function addSimple(
  builder: SchemaBuilder,
  attribute: ScimAttribute,
  path: readonly string[],
  names: readonly string[],
): void {
  const traits = traitsOf(attribute)
  if (traits === null) builder.addComplex(path, names)
  else builder.add(path, traits, names, attribute.multiValued)
}

function addComplex(
  builder: SchemaBuilder,
  attribute: ScimAttribute,
  path: readonly string[],
  names: readonly string[],
): void {
  builder.addComplex(path, names)
  const parts = attribute.subAttributes ?? []
  addAttributes(
    builder,
    parts,
    path,
    names.map((name) => `${name}.`),
  )
  // As with lists, the bare name stands for the value: `manager eq "x"`.
  const value = parts.find(({ name }) => name === 'value')
  if (value !== undefined) addSimple(builder, value, [...path, value.name], names)
}

function traitsOfParts(attribute: ScimAttribute): Readonly<Record<string, Traits>> {
  const parts = (attribute.subAttributes ?? []).filter(isFilterable)
  return Object.fromEntries(
    parts.flatMap((part) => {
      const traits = traitsOf(part)
      return traits === null ? [] : [[part.name, traits]]
    }),
  )
}

function isFilterable({ name, returned }: ScimAttribute): boolean {
  return returned !== 'never' && !name.startsWith('$')
}

const valueTypes: Readonly<Record<ScimAttribute['type'], FilterValueType | null>> = {
  string: 'string',
  reference: 'string',
  boolean: 'boolean',
  decimal: 'number',
  integer: 'number',
  dateTime: 'date',
  // Binary values have no order and are compared by nobody: they can only be asked whether they are there.
  binary: null,
  complex: null,
}

function traitsOf({ type, caseExact, uniqueness }: ScimAttribute): Traits | null {
  const valueType = valueTypes[type]
  if (valueType === null) return null
  return { type: valueType, caseExact, byKey: uniqueness === 'server' && !caseExact }
}
