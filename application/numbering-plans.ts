import { type CountryCode, Metadata, type NumberType } from 'libphonenumber-js/max/es6'
import { remember } from '../policies/remember.ts'

/** A number in international form, by the library's numbering plans. */
export interface PlannedNumber {
  /** E.164. */
  readonly number: string
  /** ISO 3166-1 alpha-2; undefined where no plan of the calling code holds the number. */
  readonly country: CountryCode | undefined
  /** Undefined: no number of its country. */
  readonly type: NumberType
}

/** What the library's own parser asks of its metadata, and its declarations leave out; 0, '' and undefined: none. */
interface Plan {
  nationalNumberPattern(): string
  nationalPrefixForParsing(): string | 0 | undefined
  leadingDigits(): string | 0 | undefined
  type(
    name: string,
  ): { pattern(): string | 0; possibleLengths(): readonly number[] | 0 | undefined } | undefined
}
interface Plans extends Plan {
  getCountryCodesForCallingCode(callingCode: string): readonly CountryCode[] | undefined
  selectNumberingPlan(countryOrCallingCode: string): Plan
}

/** In international form, with the separators that people write. Anything else is left to the library. */
const international = /^\+[1-9][0-9 ()-]{3,30}$/
const separators = /[ ()-]+/g

/**
 * What the library would say of a number in international form, or null: ask it. The library compiles its expressions
 * anew for each number, which was nearly a tenth of the worker's time in a first load; these are the same, compiled once.
 * Whatever takes more than matching them, like a national prefix inside the number, is left to it.
 */
export function findPlannedNumber(text: string): PlannedNumber | null {
  if (!international.test(text)) return null
  const digits = text.slice(1).replace(separators, '')
  for (let length = 1; length <= 3; length += 1) {
    const region = regionOf(digits.slice(0, length))
    if (region !== null) return region.find(digits.slice(length))
  }
  return null
}

const regionOf = remember((callingCode: string): Region | null => {
  const plans = new Metadata() as unknown as Plans
  const countries = plans.getCountryCodesForCallingCode(callingCode)
  return countries === undefined ? null : new Region(callingCode, countries, plans)
}, 1110)

/** The countries of one calling code. */
class Region {
  readonly #callingCode: string
  readonly #nationalPrefix: RegExp | null
  readonly #countries: readonly CountryPlan[]

  constructor(callingCode: string, countries: readonly CountryCode[], plans: Plans) {
    this.#callingCode = callingCode
    const prefix = plans.selectNumberingPlan(callingCode).nationalPrefixForParsing()
    this.#nationalPrefix = prefix ? new RegExp(`^(?:${prefix})`) : null
    this.#countries = countries.map((country) => new CountryPlan(country, plans.selectNumberingPlan(country)))
  }

  find(national: string): PlannedNumber | null {
    if (national.length < 2 || national.length > 17 || this.#nationalPrefix?.test(national)) return null
    const plan = this.#planFor(national)
    if (plan === undefined) return null
    const type = plan.typeOf(national)
    return { number: `+${this.#callingCode}${national}`, country: plan.country, type }
  }

  #planFor(national: string): CountryPlan | undefined {
    const { length } = this.#countries
    return length === 1 ? this.#countries[0] : this.#countries.find((plan) => plan.claims(national))
  }
}

/** Asked in this order, after the lines that are fixed or mobile. */
const otherTypes = [
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'VOIP',
  'PERSONAL_NUMBER',
  'PAGER',
  'UAN',
  'VOICEMAIL',
] as const

type Matches = (national: string) => boolean

/** One country's expressions. */
class CountryPlan {
  readonly country: CountryCode
  readonly #isNumber: RegExp
  readonly #leadingDigits: RegExp | null
  readonly #isFixedLine: Matches
  /** Null where mobile numbers cannot be told from fixed lines. */
  readonly #isMobile: Matches | null
  readonly #others: readonly (readonly [NonNullable<NumberType>, Matches])[]

  constructor(country: CountryCode, plan: Plan) {
    this.country = country
    this.#isNumber = entirely(plan.nationalNumberPattern())
    const leading = plan.leadingDigits()
    this.#leadingDigits = leading ? new RegExp(`^(?:${leading})`) : null
    this.#isFixedLine = matcherOf(plan, 'FIXED_LINE') ?? never
    this.#isMobile = matcherOf(plan, 'MOBILE')
    this.#others = otherTypes.map((type) => [type, matcherOf(plan, type) ?? never])
  }

  /** Whether this of several countries with one calling code is the number's. */
  claims(national: string): boolean {
    return this.#leadingDigits?.test(national) ?? this.typeOf(national) !== undefined
  }

  typeOf(national: string): NumberType {
    if (!this.#isNumber.test(national)) return undefined
    const isMobile = this.#isMobile?.(national)
    if (this.#isFixedLine(national)) return isMobile === false ? 'FIXED_LINE' : 'FIXED_LINE_OR_MOBILE'
    if (isMobile) return 'MOBILE'
    return this.#others.find(([, matches]) => matches(national))?.[0]
  }
}

const never: Matches = () => false

function matcherOf(plan: Plan, name: NonNullable<NumberType>): Matches | null {
  const type = plan.type(name)
  const pattern = type?.pattern()
  if (!pattern) return null
  const expression = entirely(pattern)
  const lengths = type?.possibleLengths()
  const isPossible: Matches = ({ length }) => !lengths || lengths.includes(length)
  return (national) => isPossible(national) && expression.test(national)
}

function entirely(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}
