import { hash } from 'node:crypto'
import {
  type Attributes,
  coreTextNames,
  type EnterpriseAttributes,
  enterpriseTextNames,
  enterpriseUrn,
  type MusterAttributes,
  musterUrn,
  type Name,
  nameParts,
  type TypedValue,
} from '../domain/attributes.ts'
import type { SourceRow } from '../domain/source-row.ts'

const lists = ['emails', 'phoneNumbers', 'roles', 'entitlements'] as const

/** A row in one fixed writing: the order in which a source returns values never matters (architecture rule 3). */
export function canonicaliseRow(row: SourceRow): SourceRow {
  const attributes: Record<string, unknown> = { ...row.attributes }
  for (const list of lists) {
    const values = row.attributes[list]
    if (values !== undefined && values.length > 1) attributes[list] = values.toSorted(byValue)
  }
  const groups = row.groups !== null && row.groups.length > 1 ? row.groups.toSorted() : row.groups
  return { ...row, attributes: attributes as Attributes, groups }
}

/**
 * 16 bytes that change when the row does, or when the mapping or a setting does that shapes what an identity is
 * made of: then every record counts as changed and is composed anew.
 */
export function hashRow(row: SourceRow, mapping: string): Buffer {
  // Processors have instructions for it: half the time of MD5.
  return hash('sha256', `${mapping}\n${writeRow(row)}`, 'buffer').subarray(0, 16)
}

/** Everything that a row says, each value at a place of its own, so that no keys need be sorted. */
function writeRow({ attributes, active, inactiveFrom, groups, country }: SourceRow): string {
  const { name, [enterpriseUrn]: enterprise, [musterUrn]: own } = attributes
  return JSON.stringify([
    coreTextNames.map((key) => attributes[key]),
    name && writeName(name),
    lists.map((list) => attributes[list]?.map(writeValue)),
    attributes.groups?.map(writeValue),
    enterprise && writeEnterprise(enterprise),
    own && writeOwn(own),
    active,
    inactiveFrom,
    groups,
    country,
  ])
}

function writeName(name: Name): readonly unknown[] {
  return nameParts.map((part) => name[part])
}

function writeValue({ value, type, primary, source, trust }: TypedValue): readonly unknown[] {
  return [value, type, primary, source, trust]
}

function writeEnterprise(enterprise: EnterpriseAttributes): readonly unknown[] {
  return [enterprise.manager?.value, ...enterpriseTextNames.map((name) => enterprise[name])]
}

function writeOwn({ startDate, endDate, dn, custom }: MusterAttributes): readonly unknown[] {
  const values = custom && Object.entries(custom).sort(([left], [right]) => (left < right ? -1 : 1))
  return [startDate, endDate, dn, values]
}

function byValue(left: TypedValue, right: TypedValue): number {
  const [a, b] = [`${left.value}\u0000${left.type ?? ''}`, `${right.value}\u0000${right.type ?? ''}`]
  return a < b ? -1 : a > b ? 1 : 0
}
