import { correlationKeys } from '../domain/correlate.ts'
import type { HashedRow } from './link-rows.ts'
import type { Birth } from './prepare-births.ts'

/** What the store knows of a batch of people, and of the keys in it. */
interface Leads {
  readonly hits: readonly { readonly name: string; readonly key: string }[]
  readonly overrides: readonly { readonly externalId: string }[]
  /** Every name of a key. */
  readonly names: readonly string[]
}

/**
 * Parts those who are a person of their own, as was prepared for them, from those that have to be linked: somebody of
 * the store, or of the same batch (`rows` are the others in it), could be the same person.
 */
export function splitBorn(
  births: readonly Birth[],
  rows: readonly HashedRow[],
  { hits, overrides, names }: Leads,
): { readonly born: readonly Birth[]; readonly others: readonly Birth[] } {
  const spoken = new Set(overrides.map(({ externalId }) => externalId))
  const known = new Set(hits.map(textOf))
  const holders = new Map<string, number>()
  const rowKeys = rows.flatMap(({ row }) => correlationKeys(row.attributes, names))
  for (const key of [...births.flatMap(({ keys }) => keys), ...rowKeys])
    holders.set(textOf(key), (holders.get(textOf(key)) ?? 0) + 1)
  const born: Birth[] = []
  const others: Birth[] = []
  for (const birth of births) {
    const isAlone = birth.keys.every((key) => holders.get(textOf(key)) === 1 && !known.has(textOf(key)))
    if (isAlone && !spoken.has(birth.externalId)) born.push(birth)
    else others.push(birth)
  }
  return { born, others }
}

function textOf({ name, key }: { readonly name: string; readonly key: string }): string {
  return `${name}\u0000${key}`
}
