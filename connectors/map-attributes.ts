import {
  type Attributes,
  type CustomAttributes,
  enterpriseUrn,
  musterUrn,
  type TypedValue,
} from '../domain/attributes.ts'
import { MusterError } from '../domain/error.ts'
import { type AttributeTarget, findTarget } from './attribute-targets.ts'
import { parseCustomValue } from './custom-value.ts'
import type { AttributeMapping, TypedValueMapping } from './mapping-schema.ts'
import { formatDate, parseAnyDate } from './source-date.ts'
import {
  EntryFault,
  type EntryValues,
  pickValue,
  pickValues,
  type SlotTable,
  type Values,
} from './source-values.ts'

export type AttributeMapper = (values: EntryValues) => Attributes

type Part = Record<string, unknown>
/** Puts what one mapped name yields into its part of the attributes; leaves the part alone without a value. */
interface Field {
  readonly key: string
  readonly read: (values: EntryValues) => unknown
}

/**
 * Compiles a mapping (SCIM name → the source's name) into one function over the values of an entry. Throws
 * MusterError `configuration` for a name that does not exist or a custom attribute that is not declared.
 */
export function compileMapping(
  mapping: AttributeMapping,
  customAttributes: CustomAttributes,
  slots: SlotTable,
): AttributeMapper {
  const fields: Record<'core' | 'name' | 'enterprise' | 'muster' | 'custom', Field[]> = {
    core: [],
    name: [],
    enterprise: [],
    muster: [],
    custom: [],
  }
  for (const [canonicalName, from] of Object.entries(mapping)) {
    if (from === undefined) continue
    const target = findTarget(canonicalName)
    if (!target) throw new MusterError('configuration', `there is no attribute ${canonicalName} to map to`)
    const read = compileField({
      canonicalName,
      from,
      kind: target.kind,
      key: target.key,
      customAttributes,
      slots,
    })
    fields[target.place].push({ key: target.key, read })
  }
  return (values) => {
    const attributes: Part = readPart(fields.core, values) ?? {}
    addPart(attributes, 'name', readPart(fields.name, values))
    addPart(attributes, enterpriseUrn, readPart(fields.enterprise, values))
    const custom = readPart(fields.custom, values)
    const muster = readPart(fields.muster, values)
    addPart(attributes, musterUrn, custom ? { ...muster, custom } : muster)
    return attributes
  }
}

function readPart(fields: readonly Field[], values: EntryValues): Part | undefined {
  let part: Part | undefined
  for (const field of fields) {
    const value = field.read(values)
    if (value === undefined) continue
    part ??= {}
    part[field.key] = value
  }
  return part
}

function addPart(attributes: Part, key: string, part: Part | undefined): void {
  if (part !== undefined) attributes[key] = part
}

interface FieldRequest {
  readonly canonicalName: string
  readonly from: string | readonly TypedValueMapping[]
  readonly kind: AttributeTarget['kind']
  readonly key: string
  readonly customAttributes: CustomAttributes
  readonly slots: SlotTable
}

function compileField(request: FieldRequest): Field['read'] {
  const { canonicalName, from, kind, slots } = request
  if (kind === 'values')
    return compileTypedValues(typeof from === 'string' ? [{ from, trust: 'asserted' }] : from, slots)
  if (typeof from !== 'string')
    throw new MusterError('configuration', `${canonicalName} has one value: map it to one name`)
  const slot = slots.slotOf(from)
  switch (kind) {
    case 'text':
      return (values) => pickValue(values[slot])
    case 'reference':
      return (values) => {
        const value = pickValue(values[slot])
        return value === undefined ? undefined : { value }
      }
    case 'date':
      return (values) => readDate(values[slot], canonicalName)
    default:
      return compileCustom(request, slot)
  }
}

function readDate(values: Values, canonicalName: string): string | undefined {
  const text = pickValue(values)
  if (text === undefined) return undefined
  const date = parseAnyDate(text)
  if (!date)
    throw new EntryFault('bad-row', `${canonicalName} is no date (YYYY-MM-DD, RFC 3339 or generalizedTime)`)
  return formatDate(date) ?? undefined
}

function compileCustom({ canonicalName, key, customAttributes }: FieldRequest, slot: number): Field['read'] {
  const declared = customAttributes[key]
  if (!declared)
    throw new MusterError('configuration', `${canonicalName} is mapped but not declared under "attributes"`)
  return (values) => {
    const texts = pickValues(values[slot])
    if (texts.length === 0) return undefined
    const parsed = (declared.multiValued ? texts : texts.slice(0, 1)).map((text) =>
      parseCustomValue(text, declared.type, canonicalName),
    )
    return declared.multiValued ? parsed.filter((value) => value !== undefined).map(String) : parsed[0]
  }
}

function compileTypedValues(mappings: readonly TypedValueMapping[], slots: SlotTable): Field['read'] {
  const sources = mappings.map((mapping) => ({ mapping, slot: slots.slotOf(mapping.from) }))
  return (values) => {
    const found: TypedValue[] = []
    for (const { mapping, slot } of sources) {
      for (const [index, value] of pickValues(values[slot]).entries())
        found.push(makeTypedValue(value, mapping, index === 0))
    }
    return found.length === 0 ? undefined : found
  }
}

function makeTypedValue(value: string, mapping: TypedValueMapping, first: boolean): TypedValue {
  const typed: { value: string; type?: string; primary?: boolean; trust?: 'claimed' } = { value }
  if (mapping.type !== undefined) typed.type = mapping.type
  if (mapping.primary === true && first) typed.primary = true
  if (mapping.trust === 'claimed') typed.trust = 'claimed'
  return typed
}
