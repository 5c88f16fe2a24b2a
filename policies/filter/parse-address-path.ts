import type { Address, AddressAttribute } from '../../domain/address.ts'
import type { Factor } from '../../domain/factor.ts'
import { compileFilter } from './evaluate-filter.ts'
import { describeAddress } from './filter-schema.ts'
import { invalidFilter } from './filter-text.ts'
import { parseFilterOn } from './parse-filter.ts'

/** Which addresses a policy's `from` means. */
export interface AddressPath {
  readonly attribute: AddressAttribute
  readonly selects: (address: Address) => boolean
}

/** The attribute that a factor's addresses come from. */
export const addressAttributes: Readonly<Record<Factor, AddressAttribute>> = {
  'otp-email': 'emails',
  'otp-sms': 'phoneNumbers',
}

const pathPattern = /^\s*([\w:.-]+?)\s*(?:\[([\s\S]*)\])?\s*(?:\.value)?\s*$/
const addressSchema = describeAddress()

/**
 * Reads a SCIM path with an optional value filter: `phoneNumbers[type eq "mobile"]`. The filter sees one address:
 * value (normalised), type, primary, country, lineType and source. Throws a `filter-invalid` fault.
 */
export function parseAddressPath(path: string, factor: Factor): AddressPath {
  const match = pathPattern.exec(path)
  const name = match?.[1]
  if (match === null || name === undefined) {
    throw invalidFilter('a path is an attribute with a value filter, such as emails[type eq "work"]')
  }
  const attribute = addressAttributes[factor]
  if (name.toLowerCase() !== attribute.toLowerCase()) {
    throw invalidFilter(`${factor} is enrolled from ${attribute}, not from "${name.slice(0, 64)}"`)
  }
  if (match[2] === undefined) return { attribute, selects: (address) => address.attribute === attribute }
  const matches = compileFilter(parseFilterOn(match[2], addressSchema))
  return { attribute, selects: (address) => address.attribute === attribute && matches(address) }
}
