import { foldKey } from '../domain/fold-key.ts'
import { mergeRecords } from '../domain/merge-records.ts'
import type { StoredIdentity } from '../store/write/identities.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import type { Derivation } from './derivation.ts'
import { normaliseAddresses } from './normalise-address.ts'

/** A record as far as its identity is concerned. */
type RecordOfIdentity = Pick<
  StoredRecord,
  'source' | 'active' | 'inactiveFrom' | 'attributes' | 'groups' | 'country' | 'deletedAt'
>

/**
 * What its records make of an identity now: attributes by precedence, activity, normalised addresses. A deleted record
 * gives nothing, but where its source decides activity and brings no other record of the person, it keeps them off.
 * Null where no record is live.
 */
export function composeIdentity(
  id: string,
  records: readonly RecordOfIdentity[],
  derivation: Derivation,
  now: Date,
): StoredIdentity | null {
  const live = records.filter(({ deletedAt }) => deletedAt === null)
  if (live.length === 0) return null
  const merged = mergeRecords(
    live.map((record) => ({
      source: record.source,
      active: record.active && !isReached(record.inactiveFrom, now),
      inactiveFrom: isReached(record.inactiveFrom, now) ? null : record.inactiveFrom,
      attributes: record.attributes,
      groups: record.groups,
      // People who are missing from a proved read keep everything until departures have rules of their own.
      missing: false,
    })),
    derivation,
  )
  const userName = merged.attributes.userName ?? null
  const active = merged.active && !isKeptOff(records, live, derivation)
  return {
    id,
    userName,
    userNameKey: userName === null ? null : foldKey(userName),
    active,
    attributes: merged.attributes,
    addresses: normaliseAddresses(merged.attributes, {
      countryOf: (source) => live.findLast((record) => record.source === source)?.country ?? null,
      countries: derivation.countries,
    }),
    sources: merged.sources,
    inactiveFrom: active ? merged.inactiveFrom : null,
    leftAt: null,
  }
}

function isKeptOff(
  records: readonly RecordOfIdentity[],
  live: readonly RecordOfIdentity[],
  { deciding }: Derivation,
): boolean {
  if (live.length === records.length) return false
  const brought = new Set(live.map(({ source }) => source))
  return records.some(
    ({ source, deletedAt }) => deletedAt !== null && deciding.has(source) && !brought.has(source),
  )
}

function isReached(time: string | null, now: Date): boolean {
  return time !== null && Date.parse(time) <= now.getTime()
}
