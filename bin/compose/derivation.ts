import type { Derivation } from '../../application/derivation.ts'
import type { Configuration } from '../../config/configuration.ts'

/** What of the configuration shapes identities. */
export function derivationOf(configuration: Configuration): Derivation {
  const sources = Object.entries(configuration.sources)
  return {
    precedence: configuration.precedence,
    deciding: new Set(sources.filter(([, source]) => source.activity === 'decides').map(([name]) => name)),
    countries: configuration.countries === null ? null : new Set(configuration.countries),
    correlate: new Map(sources.map(([name, source]) => [name, source.correlate])),
  }
}
