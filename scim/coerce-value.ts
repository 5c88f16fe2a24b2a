import { canonicalTime } from './canonical-time.ts'
import { isObject } from './is-object.ts'
import { checkPrimary, distinctElements, saysNothing } from './list-elements.ts'
import { nameInFault } from './name-in-fault.ts'
import { findNamed } from './schema-lookup.ts'
import { ScimFault } from './scim-fault.ts'
import type { ScimAttribute } from './scim-schema.ts'
import { tolerateValue } from './tolerate-value.ts'

export interface Strictness {
  /** Follow the interoperability profile; else take what real identity providers send. */
  readonly strict: boolean
}

/** Bytes of UTF-8. */
const longestText = 8192
/** Values of one attribute. */
export const longestList = 200

/**
 * One attribute's value made canonical: the schema's names and types, lists as lists, nothing unassigned. Undefined:
 * unassigned (RFC 7643 section 2.5). `where` names the attribute in a fault. Throws ScimFault 400.
 */
export function coerceValue(
  attribute: ScimAttribute,
  value: unknown,
  options: Strictness,
  where: string,
): unknown {
  if (value === null || value === undefined) return undefined
  if (!attribute.multiValued) return coerceSingle(attribute, value, options, where)
  // A tolerant connection may send one value where a list belongs.
  if (!Array.isArray(value)) {
    if (options.strict) throw invalidValue(`${where} takes a list`)
    return coerceList(attribute, [value], options, where)
  }
  return coerceList(attribute, value, options, where)
}

function coerceList(
  attribute: ScimAttribute,
  values: readonly unknown[],
  options: Strictness,
  where: string,
): readonly unknown[] | undefined {
  if (values.length > longestList) throw invalidValue(`${where} takes ${longestList} values at most`)
  const elements: unknown[] = []
  for (const value of values) {
    const element = coerceSingle(attribute, value, options, where)
    // A number without a number: Okta sends the type of a phone that nobody filled in.
    if (element === undefined || (!options.strict && saysNothing(element))) continue
    elements.push(element)
  }
  if (elements.length === 0) return undefined
  const distinct = distinctElements(elements)
  checkPrimary(distinct, where)
  return distinct
}

function coerceSingle(attribute: ScimAttribute, sent: unknown, options: Strictness, where: string): unknown {
  const value = options.strict ? sent : tolerateValue(attribute, sent)
  if (value === null || value === undefined) return undefined
  switch (attribute.type) {
    case 'string':
    case 'reference':
      return canonicalText(attribute, textOf(value, where), options, where)
    case 'binary':
      return coerceBinary(value, options, where)
    case 'boolean':
      if (typeof value !== 'boolean') throw invalidValue(`${where} takes true or false`)
      return value
    case 'decimal':
    case 'integer':
      return coerceNumber(attribute, value, where)
    case 'dateTime':
      return coerceTime(value, options, where)
    case 'complex':
      return coerceComplex(attribute, value, options, where)
  }
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw invalidValue(`${where} takes a text`)
  // No character of UTF-16 takes more than three bytes, so most texts need no count.
  if (value.length * 3 > longestText && Buffer.byteLength(value) > longestText)
    throw invalidValue(`${where} takes ${longestText} bytes at most`)
  return value
}

/** Canonical values bind in the interoperability profile only; their usual writing is kept either way. */
function canonicalText(attribute: ScimAttribute, text: string, options: Strictness, where: string): string {
  const { canonicalValues } = attribute
  if (canonicalValues === undefined || canonicalValues.includes(text)) return text
  const folded = text.toLowerCase()
  const usual = canonicalValues.find((canonical) => canonical.toLowerCase() === folded)
  if (usual === undefined && options.strict)
    throw invalidValue(`${where} takes one of ${canonicalValues.join(', ')}`)
  return usual ?? text
}

function coerceBinary(value: unknown, options: Strictness, where: string): string {
  const text = textOf(value, where)
  if (options.strict && !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalidValue(`${where} takes base64`)
  return text
}

function coerceNumber(attribute: ScimAttribute, value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalidValue(`${where} takes a number`)
  if (attribute.type === 'integer' && !Number.isSafeInteger(value))
    throw invalidValue(`${where} takes a whole number`)
  return value
}

function coerceTime(value: unknown, options: Strictness, where: string): string {
  const time = canonicalTime(textOf(value, where), options.strict)
  if (time === undefined) throw invalidValue(`${where} takes a time of RFC 3339 or a day (YYYY-MM-DD)`)
  return time
}

function coerceComplex(
  attribute: ScimAttribute,
  value: unknown,
  options: Strictness,
  where: string,
): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(value)) throw invalidValue(`${where} takes an object`)
  return coerceMembers(attribute.subAttributes ?? [], value, options, `${where}.`)
}

/**
 * The members of an object (a complex value, or the part of an extension) made canonical; undefined where nothing is
 * left. What only the server sets is ignored (RFC 7644 section 3.3). `prefix` stands before the names in a fault.
 * Throws ScimFault 400.
 */
export function coerceMembers(
  attributes: readonly ScimAttribute[],
  value: Readonly<Record<string, unknown>>,
  options: Strictness,
  prefix: string,
): Readonly<Record<string, unknown>> | undefined {
  const members: Record<string, unknown> = {}
  let any = false
  for (const key of Object.keys(value)) {
    const attribute = findNamed(attributes, key)
    if (attribute === undefined) {
      if (options.strict)
        throw new ScimFault(400, 'invalidSyntax', `there is no attribute ${prefix}${nameInFault(key)}`)
      continue
    }
    if (attribute.mutability === 'readOnly') continue
    const member = coerceValue(attribute, value[key], options, `${prefix}${attribute.name}`)
    if (member === undefined) continue
    members[attribute.name] = member
    any = true
  }
  return any ? members : undefined
}

function invalidValue(detail: string): ScimFault {
  return new ScimFault(400, 'invalidValue', detail)
}
