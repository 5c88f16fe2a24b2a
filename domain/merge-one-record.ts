import {
  type Attributes,
  type CustomValue,
  enterpriseTextNames,
  enterpriseUrn,
  type MusterAttributes,
  musterUrn,
  type TypedValue,
} from './attributes.ts'
import type { MergedRecord } from './merge-records.ts'
import { compareValues, distinctValues, groupsOf, isList, withOnePrimary } from './merged-values.ts'

/** What is said under our own URN, beside `custom`. */
export const ownNames = ['startDate', 'endDate', 'dn'] as const

/** What is said under the URN of the enterprise extension. */
export const enterpriseNames = [...enterpriseTextNames, 'manager'] as const

type Writable<Owner> = { -readonly [Key in keyof Owner]: Owner[Key] }

/**
 * What one record alone makes of an identity, as for most people: what `mergeRecords` would say, but nothing has to be
 * ranked, and what says something in all its parts is taken as it is.
 */
export function attributesOfOne(record: Pick<MergedRecord, 'source' | 'attributes' | 'groups'>): Attributes {
  const merged: Writable<Attributes> = { ...whatIsSaid(record.attributes) }
  for (const list of listNames) {
    const values = merged[list]
    if (values !== undefined)
      put(merged, list, values.length > 0 ? valuesOfOne(values, record.source) : undefined)
  }
  if (merged.groups !== undefined || record.groups !== null) {
    const groups = groupsOf(record)
    put(merged, 'groups', groups.length > 0 ? valuesOfOne(groups, record.source) : undefined)
  }
  put(merged, 'name', whatIsSaid(merged.name))
  put(merged, enterpriseUrn, whatIsSaid(merged[enterpriseUrn]))
  put(merged, musterUrn, ownOfOne(merged[musterUrn]))
  return merged
}

const listNames = ['emails', 'phoneNumbers', 'roles', 'entitlements'] as const

/** Leaves the object alone where it has that value, or none, already. */
function put<Owner extends object, Key extends keyof Owner>(
  owner: Owner,
  key: Key,
  value: Owner[Key] | undefined,
): void {
  if (value === owner[key]) return
  if (value === undefined) delete owner[key]
  else owner[key] = value
}

function ownOfOne(own: MusterAttributes | undefined): MusterAttributes | undefined {
  const said = whatIsSaid(own)
  if (said?.custom === undefined) return said
  const { custom: _, ...rest } = said
  const custom = customOfOne(said.custom)
  if (custom === said.custom) return said
  return whatIsSaid(custom === undefined ? rest : { ...rest, custom })
}

/** Lists of several in order, each once. */
function customOfOne(
  custom: Readonly<Record<string, CustomValue>>,
): Readonly<Record<string, CustomValue>> | undefined {
  const said = whatIsSaid(custom)
  if (said === undefined || !Object.values(said).some(isList)) return said
  return Object.fromEntries(
    Object.entries(said).map(([name, value]) => [name, isList(value) ? [...new Set(value)].sort() : value]),
  )
}

/** The parts that say something, the object itself where all do, or undefined where none does. */
function whatIsSaid<Owner extends object>(owner: Owner | undefined): Owner | undefined {
  let parts = 0
  for (const name in owner) {
    const value = owner[name] as unknown
    if (value === undefined || value === '') return whatIsSaid(withoutBlanks(owner))
    parts += 1
  }
  return parts > 0 ? owner : undefined
}

function withoutBlanks<Owner extends object>(owner: Owner): Owner {
  const said = Object.entries(owner).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(said) as Owner
}

function valuesOfOne(values: readonly TypedValue[], source: string): readonly TypedValue[] {
  const ordered = values.length > 1 ? [...values].sort(compareValues) : values
  const said: TypedValue[] = []
  for (const value of ordered) said.push(saidBy(value, source))
  return said.length > 1 ? withOnePrimary(distinctValues(said)) : said
}

/** Written out: to an object that was spread V8 gives a new shape each time, and this is made for everybody. */
function saidBy({ value, type, primary, trust }: TypedValue, source: string): TypedValue {
  const said: Writable<TypedValue> = { value, source }
  if (type !== undefined) said.type = type
  if (primary === true) said.primary = true
  if (trust !== undefined) said.trust = trust
  return said
}
