import type { Factor } from './factor.ts'

/** Why a value cannot be enrolled. A closed list: policies report it, the API answers it. */
export const unusableReasons = [
  'not-a-number',
  'no-country',
  'invalid-number',
  'landline',
  'not-mobile',
  'forbidden-country',
  'malformed-mailbox',
  'over-limit',
] as const
export type UnusableReason = (typeof unusableReasons)[number]

export type LineType = 'mobile' | 'fixed-line' | 'voip' | 'premium-rate' | 'toll-free' | 'pager' | 'other'

/** The attribute whose values a factor can be enrolled from. */
export type AddressAttribute = 'emails' | 'phoneNumbers'

/** One value of `emails` or `phoneNumbers`, normalised, with what policies may ask of it. */
export interface Address {
  readonly factor: Factor
  readonly attribute: AddressAttribute
  /** E.164 for a number, the mailbox with a lower-case domain for e-mail; the source's text where unusable. */
  readonly value: string
  /** Equal for two writings of one address; what uniqueness and tombstones compare. Null where unusable. */
  readonly key: string | null
  readonly type: string | null
  readonly primary: boolean
  /** ISO 3166-1 alpha-2, of a valid number only. */
  readonly country: string | null
  readonly lineType: LineType | null
  readonly source: string
  readonly trust: 'asserted' | 'claimed'
  /** Null where the address can be enrolled. */
  readonly unusable: UnusableReason | null
}

/** A value that could not be used, as it is reported: kept, never silently dropped (architecture rule 9). */
export interface UnusableValue {
  readonly factor: Factor
  readonly attribute: AddressAttribute
  readonly source: string
  readonly value: string
  readonly reason: UnusableReason
}
