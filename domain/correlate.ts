import { type Attributes, enterpriseUrn, musterUrn, type TypedValue } from './attributes.ts'
import { foldKey } from './fold-key.ts'

/** One correlation key of a record: the attribute's name and its normalised value. */
export interface CorrelationKey {
  readonly name: string
  readonly key: string
}

/** An identity that carries a key. */
export interface Candidate {
  readonly identityId: string
  readonly left: boolean
  /** It has another live record in the source of the record that is being tied. */
  readonly liveRecordInSource: boolean
}

export type Correlation =
  | { readonly kind: 'create' }
  /** `key` is the name that decided; `manual` where a person did. */
  | {
      readonly kind: 'link'
      readonly identityId: string
      readonly key: string
      readonly by: 'key' | 'manual'
    }
  /** Several identities carry the key: reported, and nothing is linked. Ids sorted. */
  | { readonly kind: 'ambiguous'; readonly key: string; readonly identities: readonly string[] }

export interface CorrelationInput {
  /** In the order in which they are tried; entries of one name are tried together. */
  readonly keys: readonly CorrelationKey[]
  readonly find: (name: string, key: string) => readonly Candidate[]
  /** The identity that a person linked the record to. */
  readonly linkTo: string | null
  /** Identities that a person unlinked the record from. */
  readonly forbidden: ReadonlySet<string>
  readonly recyclable: (name: string) => boolean
}

/**
 * Architecture rule 7. A person's link decides. Else names are tried in order and the first that finds an identity
 * decides: one links, several are ambiguous; when none does, a new identity is created. What a key may not link to
 * counts as not found: an identity that a person unlinked, and for a recyclable key one that has left or has
 * another live record in the same source.
 */
export function correlate(input: CorrelationInput): Correlation {
  if (input.linkTo !== null) return { kind: 'link', identityId: input.linkTo, key: 'manual', by: 'manual' }
  let tried: string | null = null
  for (const { name } of input.keys) {
    if (name === tried) continue
    tried = name
    const [found, ...others] = findLinkable(name, input)
    if (found === undefined) continue
    if (others.length > 0) return { kind: 'ambiguous', key: name, identities: [found, ...others] }
    return { kind: 'link', identityId: found, key: name, by: 'key' }
  }
  return { kind: 'create' }
}

/** Whether values of the attribute are given to somebody else once their owner has gone. */
export function isRecyclableKey(name: string): boolean {
  return /^(userName|emails|phoneNumbers)(\.|$)/.test(name)
}

/** In UTF-16 units. Keys stand in an index, whose entries PostgreSQL limits to a third of a page. */
const longestKey = 512

/**
 * The keys of a record under the configured names, absent ones skipped, and those too long to tell anybody apart. A name is an attribute without URN
 * (`employeeNumber`, `name.familyName`, `custom.badge`), or a list, with a type or not (`emails`, `emails.work`): the
 * primary value alone where there is one, else every value.
 */
export function correlationKeys(attributes: Attributes, names: readonly string[]): readonly CorrelationKey[] {
  const keys: CorrelationKey[] = []
  for (const name of names)
    for (const key of sortUnique(valuesOf(attributes, name).map((value) => foldValue(name, value))))
      if (key !== '' && key.length <= longestKey) keys.push({ name, key })
  return keys
}

function sortUnique(texts: readonly string[]): readonly string[] {
  return texts.length < 2 ? texts : [...new Set(texts)].sort()
}

function findLinkable(name: string, input: CorrelationInput): readonly string[] {
  const candidates: Candidate[] = []
  for (const key of input.keys) {
    if (key.name !== name) continue
    for (const candidate of input.find(name, key.key))
      if (!input.forbidden.has(candidate.identityId)) candidates.push(candidate)
  }
  // As for everybody who is new.
  if (candidates.length === 0) return []
  const barred = new Set(
    input.recyclable(name)
      ? candidates.filter((it) => it.left || it.liveRecordInSource).map((it) => it.identityId)
      : [],
  )
  return [...new Set(candidates.map((candidate) => candidate.identityId))]
    .filter((id) => !barred.has(id))
    .sort()
}

function valuesOf(attributes: Attributes, name: string): readonly string[] {
  const dot = name.indexOf('.')
  const head = dot === -1 ? name : name.slice(0, dot)
  const tail = dot === -1 ? '' : name.slice(dot + 1)
  if (head === 'emails' || head === 'phoneNumbers') return listed(attributes[head] ?? [], tail)
  if (head === 'custom') return texts(attributes[musterUrn]?.custom?.[tail])
  if (head === 'name') return texts(partOf(attributes.name, tail))
  return texts(
    partOf(attributes, name) ??
      partOf(attributes[enterpriseUrn], name) ??
      partOf(attributes[musterUrn], name),
  )
}

function partOf(owner: object | undefined, name: string): unknown {
  return (owner as Readonly<Record<string, unknown>> | undefined)?.[name]
}

/** In numbers the punctuation of RFC 3966 section 5.1.1 and spaces tell nobody apart. */
function foldValue(name: string, value: string): string {
  const folded = foldKey(value)
  return name.startsWith('phoneNumbers') ? folded.replace(/[\s().-]/g, '') : folded
}

function listed(values: readonly TypedValue[], type: string): readonly string[] {
  const ofType =
    type === '' ? values : values.filter((value) => value.type?.toLowerCase() === type.toLowerCase())
  const primary = ofType.filter((value) => value.primary === true)
  return (primary.length > 0 ? primary : ofType).map((value) => value.value)
}

/** Texts and numbers can be compared; lists of them are several values; everything else is absent. */
function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(texts)
  return []
}
