import { countOperations } from './count-effects.ts'
import type { Birth } from './prepare-births.ts'

/** What people who were written as they were made add to the counters of a run. */
export function countBirths(born: readonly Birth[]): {
  readonly effects: Record<string, number>
  readonly unusable: Record<string, number>
} {
  return {
    effects: countOperations(born.flatMap(({ operations }) => [...operations])),
    unusable: sumOf(born.flatMap(({ unusable }) => [...unusable])),
  }
}

function sumOf(counts: readonly (readonly [string, number])[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count
  return sums
}
