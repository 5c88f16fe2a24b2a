import { domainToASCII } from 'node:url'
import {
  isSupportedCountry,
  type NumberType,
  ParseError,
  parsePhoneNumberWithError,
} from 'libphonenumber-js/max/es6'
import type { Address, AddressAttribute, LineType, UnusableReason } from '../domain/address.ts'
import type { Attributes, TypedValue } from '../domain/attributes.ts'
import type { Factor } from '../domain/factor.ts'
import { remember } from '../policies/remember.ts'
import { findPlannedNumber, type PlannedNumber } from './numbering-plans.ts'

/** What a text is worth as an address of a factor; the fields mean what they do in `Address`. */
export type NormalisedAddress = Pick<Address, 'value' | 'key' | 'country' | 'lineType' | 'unusable'>

export interface NormaliseOptions {
  /** The country for numbers without a country code (ISO 3166-1 alpha-2) that a source's record names. */
  readonly countryOf: (source: string) => string | null
  /** Where messages may go; null: everywhere. */
  readonly countries: ReadonlySet<string> | null
}

/**
 * Every e-mail address and number of an identity, normalised. What cannot be used is kept with the reason and the
 * source's own text (architecture rule 9).
 */
export function normaliseAddresses(attributes: Attributes, options: NormaliseOptions): readonly Address[] {
  return [
    ...normaliseList('emails', 'otp-email', attributes.emails ?? [], options),
    ...normaliseList('phoneNumbers', 'otp-sms', attributes.phoneNumbers ?? [], options),
  ]
}

/**
 * One text, as a source or a person writes it. `country` is for a number without a country code; `countries` are
 * those that messages may go to, null for all.
 */
export function normaliseAddress(
  factor: Factor,
  text: string,
  country: string | null,
  countries: ReadonlySet<string> | null,
): NormalisedAddress {
  return factor === 'otp-sms' ? normaliseNumber(text, country, countries) : normaliseMailbox(text)
}

function normaliseList(
  attribute: AddressAttribute,
  factor: Factor,
  values: readonly TypedValue[],
  { countryOf, countries }: NormaliseOptions,
): readonly Address[] {
  return values.map((typed) => {
    const source = typed.source ?? ''
    const normalised = normaliseAddress(factor, typed.value, countryOf(source), countries)
    // Written out, not spread: made for every address of everybody.
    return {
      factor,
      attribute,
      value: normalised.value,
      key: normalised.key,
      country: normalised.country,
      lineType: normalised.lineType,
      unusable: normalised.unusable,
      type: typed.type ?? null,
      primary: typed.primary ?? false,
      source,
      trust: typed.trust ?? 'asserted',
    }
  })
}

/** Kinds of number as policies see them. A number that may be either counts as mobile: carriers there do not say. */
const lineTypes: Readonly<Record<NonNullable<NumberType>, LineType>> = {
  MOBILE: 'mobile',
  FIXED_LINE_OR_MOBILE: 'mobile',
  FIXED_LINE: 'fixed-line',
  VOIP: 'voip',
  PREMIUM_RATE: 'premium-rate',
  TOLL_FREE: 'toll-free',
  PAGER: 'pager',
  SHARED_COST: 'other',
  PERSONAL_NUMBER: 'other',
  UAN: 'other',
  VOICEMAIL: 'other',
}

function normaliseNumber(
  text: string,
  home: string | null,
  countries: ReadonlySet<string> | null,
): NormalisedAddress {
  const trimmed = text.trim()
  // RFC 7643 section 4.1.2 writes numbers as RFC 3966 URIs.
  const written = trimmed[3] === ':' ? trimmed.replace(/^tel:/i, '') : trimmed
  const number = findPlannedNumber(written) ?? askLibrary(written, home)
  if (typeof number === 'string') return unusable(text, number)
  const { type } = number
  if (type === undefined) return unusable(text, 'invalid-number')
  const lineType = lineTypes[type]
  const country = number.country ?? null
  const reason = findReason(lineType, country, countries)
  if (reason !== null) return { value: text, key: null, country, lineType, unusable: reason }
  return { value: number.number, key: number.number, country, lineType, unusable: null }
}

function findReason(
  lineType: LineType,
  country: string | null,
  countries: ReadonlySet<string> | null,
): UnusableReason | null {
  if (lineType === 'fixed-line') return 'landline'
  if (lineType !== 'mobile') return 'not-mobile'
  if (countries !== null && (country === null || !countries.has(country))) return 'forbidden-country'
  return null
}

function askLibrary(text: string, country: string | null): PlannedNumber | UnusableReason {
  try {
    const number = parsePhoneNumberWithError(text, optionsFor(country))
    // A type implies a valid number. One with an extension is none that a message can be sent to.
    const type = number.ext === undefined ? number.getType() : undefined
    return { number: number.number, country: number.country, type }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return reasonOf(error, text)
  }
}

/** The country that numbers without a country code are taken for, where the library knows it. */
const optionsFor = remember((country: string | null) => {
  const defaultCountry = country?.toUpperCase()
  const isKnown = defaultCountry !== undefined && isSupportedCountry(defaultCountry)
  return { extract: false, ...(isKnown ? { defaultCountry } : {}) }
}, 1000)

/** A country that the library misses is one that nobody named, or a calling code that does not exist. */
function reasonOf(error: ParseError, text: string): UnusableReason {
  if (error.message === 'NOT_A_NUMBER') return 'not-a-number'
  if (error.message === 'INVALID_COUNTRY' && !/^[+＋]/.test(text)) return 'no-country'
  return 'invalid-number'
}

/** RFC 5321 section 4.1.2: a dot-string of RFC 5322 atom text. Quoted local parts are legal and refused. */
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
/** What `domainToASCII` would decode, drop or take for an IP address before it is a name. */
const notInDomain = /[\p{C}\p{Z}%:/\\?#@[\]]/u

/**
 * One bare mailbox, nothing else: no display name, list, comment, quotes or line break, so that no text of a source
 * can add a recipient or a header. The key folds the local part too: RFC 5321 section 2.4 lets hosts tell case
 * apart, but hardly any does, and two writings of one mailbox must be one enrollment and meet one tombstone. Messages go to
 * `value`, which keeps the local part as it is written.
 */
function normaliseMailbox(text: string): NormalisedAddress {
  const written = text.trim()
  const at = written.lastIndexOf('@')
  const local = written.slice(0, Math.max(at, 0))
  const domain = normaliseDomain(written.slice(at + 1))
  if (at < 1 || domain === null || local.length > 64 || !localPart.test(local))
    return unusable(text, 'malformed-mailbox')
  const value = `${local}@${domain}`
  if (value.length > 254) return unusable(text, 'malformed-mailbox')
  return { value, key: value.toLowerCase(), country: null, lineType: null, unusable: null }
}

/**
 * In ASCII and lower case, or null where it is no domain name of at least two labels. Remembered: a population shares
 * a few.
 */
const normaliseDomain = remember((text: string): string | null => {
  if (notInDomain.test(text)) return null
  const domain = domainToASCII(text)
  const labels = domain.split('.')
  const top = labels.at(-1) ?? ''
  if (labels.length < 2 || /^[0-9]+$/.test(top) || !labels.every((part) => label.test(part))) return null
  return domain
}, 1000)

function unusable(text: string, reason: UnusableReason): NormalisedAddress {
  return { value: text, key: null, country: null, lineType: null, unusable: reason }
}
