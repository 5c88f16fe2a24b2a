import {
  type Candidate,
  type CorrelationKey,
  correlate,
  correlationKeys,
  isRecyclableKey,
} from '../domain/correlate.ts'
import type { SourceRow } from '../domain/source-row.ts'
import type { CorrelationOverride, KeyHit, RecordKey } from '../store/write/correlation.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import { correlationNames, type Derivation } from './derivation.ts'

/** A row on its way into the store, with the hash of its canonical writing. */
export interface HashedRow {
  readonly row: SourceRow
  readonly hash: Buffer
  /** Of a new record; one is made where the source has none to give. */
  readonly id?: string
}

/** What correlation needs of the store, read before any row of the batch is linked. */
export interface LinkContext {
  readonly source: string
  readonly existing: ReadonlyMap<string, StoredRecord>
  readonly hits: readonly KeyHit[]
  readonly overrides: readonly CorrelationOverride[]
  readonly newId: () => string
}

export interface LinkedRows {
  readonly records: readonly StoredRecord[]
  readonly keys: readonly RecordKey[]
  /** Identities that did not exist before this batch. */
  readonly created: ReadonlySet<string>
}

/** The keys by which a source's rows are looked up: its own list, in order. */
export function lookupKeys(
  derivation: Derivation,
  source: string,
  row: SourceRow,
): readonly CorrelationKey[] {
  return correlationKeys(row.attributes, derivation.correlate.get(source) ?? [])
}

/**
 * Ties each row to an identity (architecture rule 7); no two are of one record. Rows of one batch see each other: what
 * the first creates, the second finds, as if they had come in two reads.
 */
export function linkRows(
  rows: readonly HashedRow[],
  derivation: Derivation,
  context: LinkContext,
): LinkedRows {
  const names = correlationNames(derivation)
  const linking: Linking = {
    context,
    index: new KeyIndex(context.hits),
    lookups: derivation.correlate.get(context.source) ?? [],
    words: wordsByRecord(context.overrides),
  }
  const created = new Set<string>()
  const records: StoredRecord[] = []
  const keys: RecordKey[] = []
  for (const hashed of rows) {
    const { attributes, externalId } = hashed.row
    const own = correlationKeys(attributes, names)
    const link = linkRow(externalId, own, linking)
    if (link.link === 'created' && link.identityId !== null && link.isNew) created.add(link.identityId)
    records.push(recordOf(hashed, context, link))
    if (link.identityId === null) continue
    const candidate = { identityId: link.identityId, left: false, liveRecordInSource: true }
    for (const { name, key } of own) {
      linking.index.add(name, key, candidate)
      keys.push({ name, key, source: context.source, externalId, identityId: link.identityId })
    }
  }
  return { records, keys, created }
}

/** What the rows of a batch are linked by. */
interface Linking {
  readonly context: LinkContext
  readonly index: KeyIndex
  /** The names of the source's own keys, in the order in which they are tried. */
  readonly lookups: readonly string[]
  readonly words: ReadonlyMap<string, PersonsWord>
}

/** What people said of one record's link. */
interface PersonsWord {
  /** The identity that they linked it to. */
  readonly linkTo: string | null
  /** Those that they unlinked it from. */
  readonly forbidden: ReadonlySet<string>
}

const nobodySpoke: PersonsWord = { linkTo: null, forbidden: new Set() }

function wordsByRecord(overrides: readonly CorrelationOverride[]): ReadonlyMap<string, PersonsWord> {
  const words = new Map<string, { linkTo: string | null; readonly forbidden: Set<string> }>()
  for (const { externalId, kind, identityId } of overrides) {
    const word = words.get(externalId) ?? { linkTo: null, forbidden: new Set() }
    words.set(externalId, word)
    if (kind === 'unlink') word.forbidden.add(identityId)
    else word.linkTo ??= identityId
  }
  return words
}

interface RowLink {
  readonly identityId: string | null
  readonly link: StoredRecord['link']
  readonly linkFault: string | null
  readonly isNew: boolean
}

/** Of a record that makes this identity. */
export function linkOfCreated(identityId: string): RowLink {
  return { identityId, link: 'created', linkFault: null, isNew: true }
}

function linkRow(
  externalId: string,
  own: readonly CorrelationKey[],
  { context, index, lookups, words }: Linking,
): RowLink {
  const known = context.existing.get(externalId)
  if (known !== undefined && known.identityId !== null) {
    return { identityId: known.identityId, link: known.link, linkFault: null, isNew: false }
  }
  const { linkTo, forbidden } = words.get(externalId) ?? nobodySpoke
  const verdict = correlate({
    keys: lookups.flatMap((lookup) => own.filter(({ name }) => name === lookup)),
    find: index.find,
    linkTo,
    forbidden,
    recyclable: isRecyclableKey,
  })
  switch (verdict.kind) {
    case 'create':
      return linkOfCreated(context.newId())
    case 'link':
      return { identityId: verdict.identityId, link: verdict.by, linkFault: null, isNew: false }
    case 'ambiguous':
      return { identityId: null, link: 'none', linkFault: `ambiguous:${verdict.key}`, isNew: false }
    default:
      return verdict satisfies never
  }
}

/** The record of a row that is tied so. */
export function recordOf(
  { row, hash, id }: HashedRow,
  context: Pick<LinkContext, 'source' | 'existing' | 'newId'>,
  link: RowLink,
): StoredRecord {
  return {
    source: context.source,
    externalId: row.externalId,
    id: context.existing.get(row.externalId)?.id ?? id ?? context.newId(),
    identityId: link.identityId,
    hash,
    fingerprint: row.fingerprint == null ? null : bytesOf(row.fingerprint),
    active: row.active,
    inactiveFrom: row.inactiveFrom,
    country: row.country,
    groups: row.groups,
    attributes: row.attributes,
    link: link.link,
    linkFault: link.linkFault,
    missingSince: null,
    deletedAt: null,
  }
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)
}

const nobody: readonly Candidate[] = []

/** Who carries which key: by name, then by key. */
class KeyIndex {
  readonly #candidates = new Map<string, Map<string, readonly Candidate[]>>()

  constructor(hits: readonly KeyHit[]) {
    for (const { name, key, ...candidate } of hits) this.add(name, key, candidate)
  }

  add(name: string, key: string, candidate: Candidate): void {
    const named = this.#candidates.get(name) ?? new Map<string, readonly Candidate[]>()
    if (named.size === 0) this.#candidates.set(name, named)
    const others = named.get(key)?.filter(({ identityId }) => identityId !== candidate.identityId)
    named.set(key, others === undefined ? [candidate] : [...others, candidate])
  }

  /** Bound, so that correlation can be given it. */
  readonly find = (name: string, key: string): readonly Candidate[] => {
    return this.#candidates.get(name)?.get(key) ?? nobody
  }
}
