import {
  type Attributes,
  type CustomValue,
  coreTextNames,
  type EnterpriseAttributes,
  enterpriseTextNames,
  enterpriseUrn,
  type MusterAttributes,
  musterUrn,
  type Name,
  nameParts,
  type TypedValue,
} from './attributes.ts'
import type { MergedRecord } from './merge-records.ts'
import { compareValues, distinctValues, groupsOf, isList, withOnePrimary } from './merged-values.ts'

/** What is said under our own URN, beside `custom`. */
export const ownNames = ['startDate', 'endDate', 'dn'] as const

type Writable<Owner> = { -readonly [Key in keyof Owner]: Owner[Key] }

/**
 * What one record alone makes of an identity, as for most people: what `mergeRecords` would say, but nothing has to be
 * ranked.
 */
export function attributesOfOne(record: Pick<MergedRecord, 'source' | 'attributes' | 'groups'>): Attributes {
  const { attributes } = record
  const merged: Writable<Attributes> = saidOf<Attributes>(attributes, coreTextNames) ?? {}
  const name = saidOf<Name>(attributes.name, nameParts)
  if (name !== undefined) merged.name = name
  for (const list of listNames) {
    const values = attributes[list]
    if (values !== undefined && values.length > 0) merged[list] = valuesOfOne(values, record.source)
  }
  if (attributes.groups !== undefined || record.groups !== null) {
    const groups = groupsOf(record)
    if (groups.length > 0) merged.groups = valuesOfOne(groups, record.source)
  }
  const enterprise = saidOf<EnterpriseAttributes>(attributes[enterpriseUrn], enterpriseNames)
  if (enterprise !== undefined) merged[enterpriseUrn] = enterprise
  const own = ownOfOne(attributes[musterUrn])
  if (own !== undefined) merged[musterUrn] = own
  return merged
}

const listNames = ['emails', 'phoneNumbers', 'roles', 'entitlements'] as const

/** What is said under the URN of the enterprise extension. */
export const enterpriseNames = [...enterpriseTextNames, 'manager'] as const

function ownOfOne(said: MusterAttributes | undefined): MusterAttributes | undefined {
  const own = saidOf<MusterAttributes>(said, ownNames)
  if (said?.custom === undefined) return own
  let custom: Record<string, CustomValue> | undefined
  for (const name of Object.keys(said.custom).sort()) {
    const value = said.custom[name]
    if (value === undefined || value === '') continue
    custom ??= {}
    custom[name] = isList(value) ? [...new Set(value)].sort() : value
  }
  return custom === undefined ? own : { ...own, custom }
}

/** The parts that say something, or undefined where none does. */
function saidOf<Owner extends object>(
  owner: Owner | undefined,
  names: readonly (keyof Owner)[],
): Writable<Owner> | undefined {
  if (owner === undefined) return undefined
  let said: Partial<Writable<Owner>> | undefined
  for (const name of names) {
    const value = owner[name]
    if (value === undefined || value === '') continue
    said ??= {}
    said[name] = value
  }
  return said as Writable<Owner> | undefined
}

function valuesOfOne(values: readonly TypedValue[], source: string): readonly TypedValue[] {
  const value = values.length === 1 ? values[0] : undefined
  if (value !== undefined && value.primary !== false) return [{ ...value, source }]
  return withOnePrimary(distinctValues([...values].sort(compareValues).map((one) => ({ ...one, source }))))
}
