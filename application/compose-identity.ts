import { foldKey } from '../domain/fold-key.ts'
import { mergeRecords } from '../domain/merge-records.ts'
import type { StoredIdentity } from '../store/write/identities.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import type { Derivation } from './derivation.ts'
import { normaliseAddresses } from './normalise-address.ts'

/** What its records make of an identity now: attributes by precedence, activity, normalised addresses. */
export function composeIdentity(
  id: string,
  records: readonly StoredRecord[],
  derivation: Derivation,
  now: Date,
): StoredIdentity {
  const merged = mergeRecords(
    records.map((record) => ({
      source: record.source,
      active: record.active && !isReached(record.inactiveFrom, now),
      inactiveFrom: isReached(record.inactiveFrom, now) ? null : record.inactiveFrom,
      attributes: record.attributes,
      groups: record.groups,
      // People who are missing from a proved read keep everything until departures have rules of their own.
      missing: false,
    })),
    { precedence: derivation.precedence, deciding: derivation.deciding },
  )
  const countryBySource = new Map(records.map((record) => [record.source, record.country]))
  const userName = merged.attributes.userName ?? null
  return {
    id,
    userName,
    userNameKey: userName === null ? null : foldKey(userName),
    active: merged.active,
    attributes: merged.attributes,
    addresses: normaliseAddresses(merged.attributes, {
      countryOf: (source) => countryBySource.get(source) ?? null,
      countries: derivation.countries,
    }),
    sources: merged.sources,
    inactiveFrom: merged.inactiveFrom,
  }
}

function isReached(time: string | null, now: Date): boolean {
  return time !== null && Date.parse(time) <= now.getTime()
}
