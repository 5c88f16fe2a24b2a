import { correlationKeys } from '../domain/correlate.ts'
import type { StoredRecord } from '../store/write/source-records.ts'
import type { HashedRow } from './link-rows.ts'
import type { Birth, PreparedBirths } from './prepare-births.ts'

/** What the store knows of a batch of rows, and of the keys in it. */
interface Leads {
  readonly existing: ReadonlyMap<string, StoredRecord>
  readonly hits: readonly { readonly name: string; readonly key: string }[]
  readonly overrides: readonly { readonly externalId: string }[]
  /** Every name of a key. */
  readonly names: readonly string[]
}

/**
 * Parts the rows that make a person of their own, as was prepared for them, from those that have to be linked: somebody
 * of the store, or of the same batch, could be the same person.
 */
export function splitBorn(
  rows: readonly HashedRow[],
  { births }: Pick<PreparedBirths, 'births'>,
  { existing, hits, overrides, names }: Leads,
): { readonly born: readonly Birth[]; readonly others: readonly HashedRow[] } {
  const spoken = new Set(overrides.map(({ externalId }) => externalId))
  const known = new Set(hits.map(textOf))
  const holders = new Map<string, number>()
  const keysOf = ({ row }: HashedRow) =>
    births.get(row.externalId)?.keys ?? correlationKeys(row.attributes, names)
  for (const row of rows)
    for (const key of keysOf(row)) holders.set(textOf(key), (holders.get(textOf(key)) ?? 0) + 1)
  const born: Birth[] = []
  const others: HashedRow[] = []
  for (const hashed of rows) {
    const { externalId } = hashed.row
    const birth = births.get(externalId)
    const isAlone = birth?.keys.every((key) => holders.get(textOf(key)) === 1 && !known.has(textOf(key)))
    if (birth === undefined || isAlone !== true || existing.has(externalId) || spoken.has(externalId))
      others.push(hashed)
    else born.push(birth)
  }
  return { born, others }
}

function textOf({ name, key }: { readonly name: string; readonly key: string }): string {
  return `${name}\u0000${key}`
}
