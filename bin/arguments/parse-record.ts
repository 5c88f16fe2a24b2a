import { InvalidArgumentError } from 'commander'

/** A source record as it is named on the command line. */
export interface RecordName {
  readonly source: string
  readonly externalId: string
}

/** Reads `SOURCE:externalId`; the external id may hold colons itself. */
export function parseRecord(text: string): RecordName {
  const colon = text.indexOf(':')
  if (colon < 1 || colon === text.length - 1) {
    throw new InvalidArgumentError('A record is named SOURCE:externalId, as in corp:1234.')
  }
  return { source: text.slice(0, colon), externalId: text.slice(colon + 1) }
}
