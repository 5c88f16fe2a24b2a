import type { AddressAttribute } from '../../domain/address.ts'
import {
  type Attributes,
  type CustomAttributes,
  coreTextNames,
  enterpriseTextNames,
  enterpriseUrn,
  musterUrn,
  nameParts,
} from '../../domain/attributes.ts'
import type { IdentityFacts } from '../../domain/decision.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import { parseDateText } from '../date-text.ts'
import type { Kind } from '../operators/operand.ts'

/** A thing that a condition may look at: its kind, and how it is read. Absent facts read as undefined. */
export interface Fact {
  readonly kind: Kind
  readonly read: (identity: IdentityFacts) => unknown
}

/** What decides which facts there are, and whose groups are `groups`. */
export interface FactOptions {
  readonly customAttributes: CustomAttributes
  /** Sources of which the group names are the fact `groups`; null: all. */
  readonly groupsFrom: readonly string[] | null
  /** The configured sources, where they are known: then `groups.SOURCE` of another is unknown. */
  readonly sources?: readonly string[]
}

/** The facts of one configuration by name. */
export interface FactTable {
  find(name: string): Fact | null
  /** Names to suggest, with the usual types of addresses. */
  readonly names: readonly string[]
}

const text: Kind = { type: 'string', list: false }
const texts: Kind = { type: 'string', list: true }
const number: Kind = { type: 'number', list: false }
const date: Kind = { type: 'date', list: false }

const addressTypes = [
  'emails.work',
  'emails.home',
  'phoneNumbers.work',
  'phoneNumbers.mobile',
  'phoneNumbers.home',
]

export function createFactTable(options: FactOptions): FactTable {
  const table = new Map<string, Fact>([
    ...listTextFacts(),
    ...listListFacts(options),
    ...listMusterFacts(),
    ...listCustomFacts(options.customAttributes),
  ])
  const groupsOf = (options.sources ?? []).map((source) => `groups.${source}`)
  return {
    find: (name) => table.get(name) ?? findTypedFact(name, options),
    names: [...table.keys(), ...addressTypes, ...groupsOf],
  }
}

function listTextFacts(): readonly [string, Fact][] {
  const readText = (read: (attributes: Attributes) => string | undefined): Fact => ({
    kind: text,
    read: ({ attributes }) => read(attributes),
  })
  return [
    ['active', { kind: { type: 'boolean', list: false }, read: ({ active }) => active }],
    ...coreTextNames.map((key): [string, Fact] => [key, readText((attributes) => attributes[key])]),
    ...nameParts.map((part): [string, Fact] => [`name.${part}`, readText(({ name }) => name?.[part])]),
    ...enterpriseTextNames.map((key): [string, Fact] => [
      key,
      readText((attributes) => attributes[enterpriseUrn]?.[key]),
    ]),
    ['manager', readText((attributes) => attributes[enterpriseUrn]?.manager?.value)],
    ['dn', readText((attributes) => attributes[musterUrn]?.dn)],
  ]
}

function listListFacts({ groupsFrom }: FactOptions): readonly [string, Fact][] {
  return [
    ['roles', { kind: texts, read: ({ attributes }) => listValues(attributes.roles) }],
    ['entitlements', { kind: texts, read: ({ attributes }) => listValues(attributes.entitlements) }],
    ['sources', { kind: texts, read: ({ sources }) => sources }],
    ['groups', { kind: texts, read: (identity) => listGroups(identity, groupsFrom) }],
    ['emails', { kind: texts, read: (identity) => listAddresses(identity, 'emails', null) }],
    ['phoneNumbers', { kind: texts, read: (identity) => listAddresses(identity, 'phoneNumbers', null) }],
    ...factors.map((factor): [string, Fact] => [
      `usable.${factor}`,
      { kind: number, read: (identity) => countUsable(identity, factor) },
    ]),
  ]
}

function listMusterFacts(): readonly [string, Fact][] {
  return (['startDate', 'endDate'] as const).map((key) => [
    key,
    { kind: date, read: ({ attributes }) => readDate(attributes[musterUrn]?.[key]) },
  ])
}

function listCustomFacts(customAttributes: CustomAttributes): readonly [string, Fact][] {
  return Object.entries(customAttributes).map(([name, { type, multiValued }]) => {
    const readOne =
      type === 'date' ? readDate : (value: unknown) => (typeof value === type ? value : undefined)
    const readAll = (value: unknown) =>
      (Array.isArray(value) ? value : [value]).map(readOne).filter((each) => each !== undefined)
    const read = multiValued ? readAll : readOne
    return [
      `custom.${name}`,
      {
        kind: { type, list: multiValued },
        read: ({ attributes }) => read(ownValue(attributes[musterUrn]?.custom, name)),
      },
    ]
  })
}

/** `groups.SOURCE`, `emails.TYPE` and `phoneNumbers.TYPE`, of which there is no list beforehand. */
function findTypedFact(name: string, { sources }: FactOptions): Fact | null {
  const [, list, rest] = /^(groups|emails|phoneNumbers)\.([\w-]{1,64})$/.exec(name) ?? []
  if (rest === undefined) return null
  if (list === 'groups') {
    if (sources !== undefined && !sources.includes(rest)) return null
    return { kind: texts, read: (identity) => listGroups(identity, [rest]) }
  }
  const attribute: AddressAttribute = list === 'emails' ? 'emails' : 'phoneNumbers'
  return { kind: texts, read: (identity) => listAddresses(identity, attribute, rest.toLowerCase()) }
}

function listValues(values: Attributes['roles']): readonly string[] {
  return values?.map(({ value }) => value) ?? []
}

function listGroups({ attributes }: IdentityFacts, from: readonly string[] | null): readonly string[] {
  if (from === null) return listValues(attributes.groups)
  return listValues(attributes.groups?.filter(({ source }) => source !== undefined && from.includes(source)))
}

/** Addresses as normalised, each once, so that `+49` at the start of a number means Germany. */
function listAddresses(
  { addresses }: IdentityFacts,
  attribute: AddressAttribute,
  type: string | null,
): readonly string[] {
  const values: string[] = []
  for (const address of addresses) {
    if (address.attribute !== attribute || values.includes(address.value)) continue
    if (type === null || address.type?.toLowerCase() === type) values.push(address.value)
  }
  return values
}

function countUsable({ addresses }: IdentityFacts, factor: Factor): number {
  const keys: (string | null)[] = []
  for (const { factor: other, unusable, key } of addresses) {
    if (other === factor && unusable === null && !keys.includes(key)) keys.push(key)
  }
  return keys.length
}

/** A text that is no date is no value: comparing it would be a guess. */
function readDate(value: unknown): string | undefined {
  return typeof value === 'string' && parseDateText(value) !== null ? value : undefined
}

function ownValue(record: Readonly<Record<string, unknown>> | undefined, key: string): unknown {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}
