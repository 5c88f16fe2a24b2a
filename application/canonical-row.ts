import { hash } from 'node:crypto'
import {
  type Attributes,
  type CustomValue,
  coreTextNames,
  type EnterpriseAttributes,
  enterpriseTextNames,
  enterpriseUrn,
  type MusterAttributes,
  musterUrn,
  nameParts,
  type TypedValue,
} from '../domain/attributes.ts'
import { compareText } from '../domain/choose-addresses.ts'
import type { SourceRow } from '../domain/source-row.ts'

const lists = ['emails', 'phoneNumbers', 'roles', 'entitlements'] as const

/** A row in one fixed writing: the order in which a source returns values never matters (architecture rule 3). */
export function canonicaliseRow(row: SourceRow): SourceRow {
  const groups = inOrder(row.groups, compareText)
  const attributes = canonicaliseLists(row.attributes)
  return groups === row.groups && attributes === row.attributes ? row : { ...row, attributes, groups }
}

function canonicaliseLists(attributes: Attributes): Attributes {
  let canonical: Record<string, unknown> | undefined
  for (const list of lists) {
    const values = attributes[list]
    const ordered = inOrder(values, byValue)
    if (ordered === values) continue
    canonical ??= { ...attributes }
    canonical[list] = ordered
  }
  return canonical === undefined ? attributes : (canonical as Attributes)
}

/** The list itself where it is in order already. */
function inOrder<Value, List extends readonly Value[] | null | undefined>(
  values: List,
  compare: (left: Value, right: Value) => number,
): List | readonly Value[] {
  if (values == null || values.length < 2) return values
  const isInOrder = values.every((value, at) => at === 0 || compare(values[at - 1] as Value, value) <= 0)
  return isInOrder ? values : values.toSorted(compare)
}

function byValue(left: TypedValue, right: TypedValue): number {
  return compareText(left.value, right.value) || compareText(left.type ?? '', right.type ?? '')
}

/**
 * 16 bytes that change when the row does, or when the mapping or a setting does that shapes what an identity is
 * made of: then every record counts as changed and is composed anew.
 */
export function hashRow(row: SourceRow, mapping: string): Buffer {
  // Processors have instructions for it: half the time of MD5.
  return hash('sha256', `${mapping}\n${writeRow(row)}`, 'buffer').subarray(0, 16)
}

type Part = string | number | boolean | null | undefined

/**
 * Everything that a row says, each value at a place of its own, so that no keys need be sorted, and with its length, so
 * that no two rows are written alike.
 */
function writeRow({ attributes, active, inactiveFrom, groups, country }: SourceRow): string {
  const { name, [enterpriseUrn]: enterprise, [musterUrn]: own } = attributes
  let text = write(active) + write(inactiveFrom) + write(country) + writeTexts(groups)
  for (const key of coreTextNames) text += write(attributes[key])
  if (name !== undefined) text += 'N'
  if (name !== undefined) for (const part of nameParts) text += write(name[part])
  for (const list of lists) text += writeValues(attributes[list])
  text += writeValues(attributes.groups)
  if (enterprise !== undefined) text += `E${writeEnterprise(enterprise)}`
  if (own !== undefined) text += `M${writeOwn(own)}`
  return text
}

function write(part: Part): string {
  if (part === undefined || part === null) return '-'
  if (typeof part === 'string') return `${part.length}:${part}`
  return typeof part === 'number' ? `#${part};` : part ? 't' : 'f'
}

function writeTexts(texts: readonly string[] | null | undefined): string {
  if (texts == null) return '-'
  let text = `[${texts.length}`
  for (const one of texts) text += `,${write(one)}`
  return text
}

function writeValues(values: readonly TypedValue[] | undefined): string {
  if (values === undefined) return '-'
  let text = `[${values.length}`
  for (const { value, type, primary, source, trust } of values)
    text += `,${write(value)}${write(type)}${write(primary)}${write(source)}${write(trust)}`
  return text
}

function writeEnterprise(enterprise: EnterpriseAttributes): string {
  let text = write(enterprise.manager?.value)
  for (const name of enterpriseTextNames) text += write(enterprise[name])
  return text
}

function writeOwn({ startDate, endDate, dn, custom }: MusterAttributes): string {
  let text = write(startDate) + write(endDate) + write(dn)
  if (custom === undefined) return `${text}-`
  const names = Object.keys(custom).sort()
  text += `[${names.length}`
  for (const name of names) text += `,${write(name)}${writeCustom(custom[name])}`
  return text
}

function writeCustom(value: CustomValue | undefined): string {
  return typeof value === 'object' ? writeTexts(value) : write(value)
}
