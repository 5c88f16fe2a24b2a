import { InvalidArgumentError } from 'commander'

/** Reads a country as ISO 3166-1 alpha-2 writes it, in either case. */
export function parseCountry(text: string): string {
  const code = text.toUpperCase()
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  // ZZ is CLDR's "unknown region".
  if (!/^[A-Z]{2}$/.test(code) || code === 'ZZ' || names.of(code) === undefined) {
    throw new InvalidArgumentError('A country is two letters of ISO 3166-1, as in DE.')
  }
  return code
}
