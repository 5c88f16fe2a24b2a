import { coerceValue } from '../coerce-value.ts'
import { equalValues } from '../equal-values.ts'
import { isObject } from '../is-object.ts'
import { nameInFault } from '../name-in-fault.ts'
import { findNamed } from '../schema-lookup.ts'
import { ScimFault } from '../scim-fault.ts'
import type { ScimAttribute } from '../scim-schema.ts'
import type { PatchOperation } from './patch-operation.ts'

/** What is to be written at one place. */
export interface Writing {
  readonly op: PatchOperation['op']
  /** As it was sent. */
  readonly value: unknown
  readonly strict: boolean
  /** Names the place in a fault. */
  readonly where: string
}

export type Part = Readonly<Record<string, unknown>>

/**
 * The value of an attribute after an operation on all of it; undefined: unassigned. For everything but lists of
 * objects. Throws ScimFault 400.
 */
export function writeAttribute(attribute: ScimAttribute, current: unknown, writing: Writing): unknown {
  if (attribute.multiValued) return writeSimpleList(attribute, current, writing)
  if (writing.op === 'remove') return undefined
  if (attribute.type === 'complex') return writeComplex(attribute, current, writing)
  const next = coerceValue(attribute, writing.value, writing, writing.where)
  // To add nothing changes nothing; to replace by nothing clears (RFC 7643 section 2.5).
  return next === undefined && writing.op === 'add' ? current : next
}

/** The same object with one key set, or taken out where the value is unassigned. */
export function setPart(part: Part, key: string, value: unknown): Part {
  if (value !== undefined) return { ...part, [key]: value }
  const { [key]: _, ...rest } = part
  return rest
}

/** An object, or an empty one in the place of anything else. */
export function partOf(value: unknown): Part {
  return isObject(value) ? value : {}
}

/** Undefined for an object with nothing in it; a `$ref` to what was the value before leads astray, so it goes too. */
export function tidyPart(before: Part, after: Part): Part | undefined {
  const isStale =
    after['$ref'] !== undefined && after['$ref'] === before['$ref'] && after['value'] !== before['value']
  const tidy = isStale ? setPart(after, '$ref', undefined) : after
  return Object.keys(tidy).length === 0 ? undefined : tidy
}

/** RFC 7644 section 3.5.2.3 merges the parts that are named; the interoperability profile replaces the whole. */
function writeComplex(attribute: ScimAttribute, current: unknown, writing: Writing): unknown {
  const { op, value, strict, where } = writing
  // A manager may come as a bare id, or as a blank, which only the whole attribute can read.
  const sent = isObject(value) ? value : coerceValue(attribute, value, writing, where)
  if (!isObject(sent)) return op === 'add' ? current : undefined
  if (op === 'replace' && strict) return coerceValue(attribute, sent, writing, where)
  return mergeParts(attribute, partOf(current), sent, writing)
}

/** An object with the parts that were sent written over its own. Throws ScimFault 400. */
export function mergeParts(
  attribute: ScimAttribute,
  before: Part,
  sent: Part,
  writing: Writing,
): Part | undefined {
  let after = before
  for (const [key, value] of Object.entries(sent)) {
    const sub = findNamed(attribute.subAttributes ?? [], key)
    if (sub === undefined) {
      if (writing.strict)
        throw new ScimFault(400, 'invalidSyntax', `${writing.where} has no attribute ${nameInFault(key)}`)
      continue
    }
    if (sub.mutability === 'readOnly') continue
    const where = `${writing.where}.${sub.name}`
    after = setPart(after, sub.name, writeAttribute(sub, after[sub.name], { ...writing, value, where }))
  }
  return tidyPart(before, after)
}

function writeSimpleList(attribute: ScimAttribute, current: unknown, writing: Writing): unknown {
  const { op, where } = writing
  const values: readonly unknown[] = Array.isArray(current) ? current : []
  if (op === 'remove' && isWhole(writing.value)) return undefined
  const sent = coerceListed(attribute, writing.value, writing)
  if (op === 'replace') return sent.length === 0 ? undefined : sent
  if (op === 'add') return coerceValue(attribute, [...values, ...sent], writing, where)
  const left = values.filter((value) => !sent.some((other) => equalTexts(attribute, value, other)))
  return left.length === 0 ? undefined : left
}

/** A removal that names no values takes all of them. */
export function isWhole(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

/** What was sent for a list, which may be one value of it, made canonical. */
export function coerceListed(attribute: ScimAttribute, value: unknown, writing: Writing): readonly unknown[] {
  const list = value === null || Array.isArray(value) ? value : [value]
  const canonical = coerceValue(attribute, list, writing, writing.where)
  return Array.isArray(canonical) ? canonical : []
}

/** Whether two values of an attribute are the same to it: texts without case, unless it is case-exact. */
export function equalTexts({ caseExact }: ScimAttribute, left: unknown, right: unknown): boolean {
  if (caseExact || typeof left !== 'string' || typeof right !== 'string') return equalValues(left, right)
  return left.toLowerCase() === right.toLowerCase()
}
