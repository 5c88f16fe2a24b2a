import { hash } from 'node:crypto'
import type { Attributes, TypedValue } from '../domain/attributes.ts'
import { canonicalJson } from '../domain/canonical-json.ts'
import type { SourceRow } from '../domain/source-row.ts'

const lists = ['emails', 'phoneNumbers', 'roles', 'entitlements'] as const

/** A row in one fixed writing: the order in which a source returns values never matters (architecture rule 3). */
export function canonicaliseRow(row: SourceRow): SourceRow {
  const attributes: Record<string, unknown> = { ...row.attributes }
  for (const list of lists) {
    const values = row.attributes[list]
    if (values !== undefined) attributes[list] = values.toSorted(byValue)
  }
  return { ...row, attributes: attributes as Attributes, groups: row.groups?.toSorted() ?? null }
}

/**
 * 16 bytes that change when the row does, or when the mapping or a setting does that shapes what an identity is
 * made of: then every record counts as changed and is composed anew.
 */
export function hashRow(row: SourceRow, mapping: string): Buffer {
  const { attributes, active, inactiveFrom, groups, country } = row
  return hash(
    'md5',
    `${mapping}\n${canonicalJson([attributes, active, inactiveFrom, groups, country])}`,
    'buffer',
  )
}

function byValue(left: TypedValue, right: TypedValue): number {
  const [a, b] = [`${left.value}\u0000${left.type ?? ''}`, `${right.value}\u0000${right.type ?? ''}`]
  return a < b ? -1 : a > b ? 1 : 0
}
