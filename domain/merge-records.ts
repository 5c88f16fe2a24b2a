import {
  type Attributes,
  type CustomValue,
  coreTextNames,
  type EnterpriseAttributes,
  enterpriseUrn,
  type MusterAttributes,
  musterUrn,
  type Name,
  nameParts,
  type TypedValue,
} from './attributes.ts'
import { compareText } from './choose-addresses.ts'
import { earliest } from './instant.ts'
import { attributesOfOne, enterpriseNames, ownNames } from './merge-one-record.ts'
import { compareValues, distinctValues, groupsOf, isList, withOnePrimary } from './merged-values.ts'

/** A source record as far as the identity is concerned. */
export interface MergedRecord {
  readonly source: string
  readonly active: boolean
  readonly inactiveFrom: string | null
  readonly attributes: Attributes
  readonly groups: readonly string[] | null
  /**
   * Not there in the last proved read. Until departures have rules of their own, a missing record still counts in
   * everything here: people who are missing keep everything.
   */
  readonly missing: boolean
}

export interface MergeSettings {
  /** Attribute name without URN → sources, the winning one first; `default` for all others. */
  readonly precedence: Readonly<Record<string, readonly string[]>>
  /** The sources that may switch a person off. */
  readonly deciding: ReadonlySet<string>
}

export interface MergedIdentity {
  readonly attributes: Attributes
  readonly active: boolean
  /** When the first deciding source will call the active person inactive (RFC 3339, UTC), or null. */
  readonly inactiveFrom: string | null
  /** Sorted, each once. */
  readonly sources: readonly string[]
}

/**
 * One identity from what its sources say (architecture rules 3 and 6). Neither the order of the records nor that of
 * the values in a list matters. The identity is active when every record of a deciding source says so, and there is
 * at least one.
 */
export function mergeRecords(records: readonly MergedRecord[], settings: MergeSettings): MergedIdentity {
  const deciding = records.filter((record) => settings.deciding.has(record.source))
  const active = deciding.length > 0 && deciding.every((record) => record.active)
  return {
    attributes: mergeAttributes(records, settings.precedence),
    active,
    inactiveFrom: active ? earliest(deciding.map((record) => record.inactiveFrom)) : null,
    sources: sourcesOf(records),
  }
}

function sourcesOf(records: readonly MergedRecord[]): readonly string[] {
  const sources = records.map((record) => record.source)
  return sources.length < 2 ? sources : [...new Set(sources)].sort()
}

type Precedence = MergeSettings['precedence']
/** Reads one part of a record. */
type Part<Value> = (record: MergedRecord) => Value | undefined

function mergeAttributes(records: readonly MergedRecord[], precedence: Precedence): Attributes {
  const [record, ...others] = records
  if (record !== undefined && others.length === 0) return attributesOfOne(record)
  const ranked = (name: string) => rankRecords(records, name, precedence)
  const single = <Value>(name: string, part: Part<Value>) => firstPresent(ranked(name), part)
  const list = (name: string, part: Part<readonly TypedValue[]>) =>
    mergeList(ranked(name), part, precedence[name] !== undefined)
  return withoutUndefined<Attributes>({
    ...mergeSingles(coreTextNames, (record) => record.attributes, single),
    name: mergeObject<Name>(nameParts, (record) => record.attributes.name, single, 'name.'),
    emails: list('emails', (record) => record.attributes.emails),
    phoneNumbers: list('phoneNumbers', (record) => record.attributes.phoneNumbers),
    roles: list('roles', (record) => record.attributes.roles),
    entitlements: list('entitlements', (record) => record.attributes.entitlements),
    groups: list('groups', groupsOf),
    [enterpriseUrn]: mergeObject<EnterpriseAttributes>(
      enterpriseNames,
      (record) => record.attributes[enterpriseUrn],
      single,
    ),
    [musterUrn]: mergeOwn(records, precedence, single),
  })
}

type Single = <Value>(name: string, part: Part<Value>) => Value | undefined

/** Each attribute by itself: a value that one source lacks comes from the next. */
function mergeSingles<Owner extends object>(
  names: readonly (keyof Owner & string)[],
  owner: Part<Owner>,
  single: Single,
  prefix = '',
): Partial<Owner> {
  const merged: Partial<Owner> = {}
  for (const name of names) {
    const value = single(`${prefix}${name}`, (record) => owner(record)?.[name])
    if (value !== undefined) merged[name] = value
  }
  return merged
}

function mergeObject<Owner extends object>(
  names: readonly (keyof Owner & string)[],
  owner: Part<Owner>,
  single: Single,
  prefix = '',
): Partial<Owner> | undefined {
  return presentOnly(mergeSingles<Owner>(names, owner, single, prefix))
}

function mergeOwn(
  records: readonly MergedRecord[],
  precedence: Precedence,
  single: Single,
): MusterAttributes | undefined {
  const own = (record: MergedRecord) => record.attributes[musterUrn]
  const names = [...new Set(records.flatMap((record) => Object.keys(own(record)?.custom ?? {})))].sort()
  const custom: Record<string, CustomValue> = {}
  for (const name of names) {
    const path = `custom.${name}`
    const ofName = (record: MergedRecord) => own(record)?.custom?.[name]
    const value = single(path, ofName)
    if (value === undefined) continue
    custom[name] = isList(value) ? mergeTexts(records, ofName, path, precedence) : value
  }
  return presentOnly<MusterAttributes>({
    ...mergeSingles<MusterAttributes>(ownNames, own, single),
    ...(Object.keys(custom).length > 0 ? { custom } : {}),
  })
}

/** The union over all sources, or the list of the first that has any where `precedence` names the attribute. */
function mergeList(
  ranked: readonly MergedRecord[],
  part: Part<readonly TypedValue[]>,
  firstOnly: boolean,
): readonly TypedValue[] | undefined {
  const having = ranked.filter((record) => (part(record)?.length ?? 0) > 0)
  const counted = firstOnly ? having.filter((record) => record.source === having[0]?.source) : having
  const values = counted.flatMap((record) =>
    [...(part(record) ?? [])].sort(compareValues).map((value) => ({ ...value, source: record.source })),
  )
  return values.length > 0 ? withOnePrimary(distinctValues(values)) : undefined
}

function mergeTexts(
  records: readonly MergedRecord[],
  part: Part<CustomValue>,
  name: string,
  precedence: Precedence,
): readonly string[] {
  const having = rankRecords(records, name, precedence).filter((record) => part(record) !== undefined)
  const counted =
    precedence[name] === undefined ? having : having.filter((record) => record.source === having[0]?.source)
  const texts = counted.flatMap((record) => {
    const value = part(record)
    if (value === undefined) return []
    return isList(value) ? value : [String(value)]
  })
  return [...new Set(texts)].sort()
}

/** By the attribute's own precedence, then the default one, then the source's name; within a source active first. */
function rankRecords(
  records: readonly MergedRecord[],
  name: string,
  precedence: Precedence,
): readonly MergedRecord[] {
  const parent = name.includes('.') ? name.slice(0, name.indexOf('.')) : name
  const order = [...(precedence[name] ?? precedence[parent] ?? []), ...(precedence['default'] ?? [])]
  const rank = (source: string) => (order.includes(source) ? order.indexOf(source) : order.length)
  return [...records].sort(
    (a, b) =>
      rank(a.source) - rank(b.source) ||
      compareText(a.source, b.source) ||
      Number(b.active) - Number(a.active) ||
      compareText(contentOf(a), contentOf(b)),
  )
}

/** What a record says, as a text in which the order of lists means nothing. */
function contentOf(record: MergedRecord): string {
  return JSON.stringify({ attributes: record.attributes, groups: record.groups }, (_, value: unknown) =>
    Array.isArray(value) ? value.map((element) => JSON.stringify(element)).sort() : value,
  )
}

function firstPresent<Value>(ranked: readonly MergedRecord[], part: Part<Value>): Value | undefined {
  for (const record of ranked) {
    const value = part(record)
    if (value !== undefined && (value as unknown) !== '') return value
  }
  return undefined
}

function presentOnly<Owner extends object>(owner: Owner): Owner | undefined {
  return Object.keys(owner).length > 0 ? owner : undefined
}

function withoutUndefined<Owner extends object>(
  owner: { [Key in keyof Owner]: Owner[Key] | undefined },
): Owner {
  return Object.fromEntries(Object.entries(owner).filter(([, value]) => value !== undefined)) as Owner
}
