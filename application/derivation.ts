import { canonicalJson } from '../domain/canonical-json.ts'

/** Everything in the configuration that shapes an identity from its records, apart from a source's own mapping. */
export interface Derivation {
  /** Which source wins, by attribute name; `default` for single values that are not named. */
  readonly precedence: Readonly<Record<string, readonly string[]>>
  /** Sources that may switch a person off. */
  readonly deciding: ReadonlySet<string>
  /** Where SMS may go (ISO 3166-1 alpha-2), or null for everywhere. */
  readonly countries: ReadonlySet<string> | null
  /** Correlation keys by source, in the order in which they are tried. */
  readonly correlate: ReadonlyMap<string, readonly string[]>
}

/** Stable text of the derivation, part of every record's hash. */
export function derivationText(derivation: Derivation): string {
  return canonicalJson({
    precedence: derivation.precedence,
    deciding: [...derivation.deciding].sort(),
    countries: derivation.countries === null ? null : [...derivation.countries].sort(),
    correlate: [...derivation.correlate].sort(([left], [right]) => (left < right ? -1 : 1)),
  })
}

/** The names of every key that any source correlates by: what is kept in the table of keys. */
export function correlationNames(derivation: Derivation): readonly string[] {
  return [...new Set([...derivation.correlate.values()].flat())].sort()
}
