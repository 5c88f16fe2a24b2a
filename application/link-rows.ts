import type { Candidate } from '../domain/correlate.ts'
import { correlate, correlationKeys, isRecyclableKey } from '../domain/correlate.ts'
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
  /** The id that the identity of a record gets if the record makes one; left out, or null: a new one. */
  readonly identityIdOf?: (externalId: string) => string | null
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
): readonly { readonly name: string; readonly key: string }[] {
  return correlationKeys(row.attributes, derivation.correlate.get(source) ?? [])
}

/**
 * Ties each row to an identity (architecture rule 7). Rows of one batch see each other: what the first creates, the
 * second finds, as if they had come in two reads.
 */
export function linkRows(
  rows: readonly HashedRow[],
  derivation: Derivation,
  context: LinkContext,
): LinkedRows {
  const index = new KeyIndex(context.hits)
  const names = correlationNames(derivation)
  const created = new Set<string>()
  const records: StoredRecord[] = []
  const keys: RecordKey[] = []
  for (const hashed of rows) {
    const link = linkRow(hashed.row, derivation, context, index)
    if (link.link === 'created' && link.identityId !== null && link.isNew) created.add(link.identityId)
    records.push(recordOf(hashed, context, link))
    if (link.identityId === null) continue
    for (const { name, key } of correlationKeys(hashed.row.attributes, names)) {
      index.add(name, key, { identityId: link.identityId, left: false, liveRecordInSource: true })
      keys.push({
        name,
        key,
        source: context.source,
        externalId: hashed.row.externalId,
        identityId: link.identityId,
      })
    }
  }
  return { records, keys: distinctKeys(keys), created }
}

interface RowLink {
  readonly identityId: string | null
  readonly link: StoredRecord['link']
  readonly linkFault: string | null
  readonly isNew: boolean
}

function linkRow(row: SourceRow, derivation: Derivation, context: LinkContext, index: KeyIndex): RowLink {
  const known = context.existing.get(row.externalId)
  if (known !== undefined && known.identityId !== null) {
    return { identityId: known.identityId, link: known.link, linkFault: null, isNew: false }
  }
  const overrides = context.overrides.filter(({ externalId }) => externalId === row.externalId)
  const verdict = correlate({
    keys: lookupKeys(derivation, context.source, row),
    find: (name, key) => index.find(name, key),
    linkTo: overrides.find(({ kind }) => kind === 'link')?.identityId ?? null,
    forbidden: new Set(overrides.filter(({ kind }) => kind === 'unlink').map(({ identityId }) => identityId)),
    recyclable: isRecyclableKey,
  })
  switch (verdict.kind) {
    case 'create':
      return {
        identityId: context.identityIdOf?.(row.externalId) ?? context.newId(),
        link: 'created',
        linkFault: null,
        isNew: true,
      }
    case 'link':
      return { identityId: verdict.identityId, link: verdict.by, linkFault: null, isNew: false }
    case 'ambiguous':
      return { identityId: null, link: 'none', linkFault: `ambiguous:${verdict.key}`, isNew: false }
    default:
      return verdict satisfies never
  }
}

function recordOf({ row, hash, id }: HashedRow, context: LinkContext, link: RowLink): StoredRecord {
  return {
    source: context.source,
    externalId: row.externalId,
    id: context.existing.get(row.externalId)?.id ?? id ?? context.newId(),
    identityId: link.identityId,
    hash,
    fingerprint: row.fingerprint == null ? null : Buffer.from(row.fingerprint),
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

/** Two values of one record may fold to one key. */
function distinctKeys(keys: readonly RecordKey[]): readonly RecordKey[] {
  const byText = new Map(keys.map((key) => [`${key.name}\u0000${key.key}\u0000${key.externalId}`, key]))
  return [...byText.values()]
}

class KeyIndex {
  readonly #candidates = new Map<string, Candidate[]>()

  constructor(hits: readonly KeyHit[]) {
    for (const { name, key, ...candidate } of hits) this.add(name, key, candidate)
  }

  add(name: string, key: string, candidate: Candidate): void {
    const text = `${name}\u0000${key}`
    const candidates = this.#candidates.get(text) ?? []
    const others = candidates.filter(({ identityId }) => identityId !== candidate.identityId)
    this.#candidates.set(text, [...others, candidate])
  }

  find(name: string, key: string): readonly Candidate[] {
    return this.#candidates.get(`${name}\u0000${key}`) ?? []
  }
}
