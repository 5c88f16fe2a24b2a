import fc from 'fast-check'
import examples from 'libphonenumber-js/examples.mobile.json'
import {
  getCountries,
  getExampleNumber,
  ParseError,
  parsePhoneNumberWithError,
} from 'libphonenumber-js/max/es6'
import { expect, test } from 'vitest'
import { findPlannedNumber } from '../../../application/numbering-plans.ts'

function askLibrary(text: string) {
  try {
    const number = parsePhoneNumberWithError(text, { extract: false })
    return { number: number.number, country: number.country, type: number.getType() }
  } catch (error) {
    if (error instanceof ParseError) return error.message
    throw error
  }
}

const mobiles = getCountries().map((country) => {
  const example = getExampleNumber(country, examples)
  if (example === undefined) throw new Error(`no example of ${country}`)
  return example
})

// Argentina's national prefix is part of its mobile numbers: left to the library.
test.each(
  mobiles.filter(({ country }) => country !== 'AR').map((example) => [example.country, example] as const),
)('a mobile of %s is known', (_, example) => {
  const found = findPlannedNumber(example.formatInternational())
  expect(found).toEqual(askLibrary(example.number))
  expect(found?.type).toMatch(/MOBILE/)
})

const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${most}}$`))
const texts = fc.oneof(
  // An example with its end or its middle changed.
  fc
    .tuple(fc.constantFrom(...mobiles), fc.nat(14), fc.nat(14), digits(6))
    .map(
      ([{ number }, from, to, other]) =>
        number.slice(0, 2 + Math.min(from, to)) + other + number.slice(2 + to),
    ),
  fc
    .tuple(fc.constantFrom(...mobiles), digits(12))
    .map(([example, rest]) => `+${example.countryCallingCode}${rest}`),
  fc
    .tuple(fc.constantFrom(...mobiles), fc.constantFrom('0', '1', '8', '00', '06', '15', '(0)'))
    .map(([example, prefix]) => `+${example.countryCallingCode} ${prefix} ${example.nationalNumber}`),
  fc
    .array(
      fc.constantFrom('0', '1', '2', '3', '4', '49', '800', '9', ' ', '-', '(', ')', ' -', '/', 'x', '+'),
      { maxLength: 20 },
    )
    .map((pieces) => `+${pieces.join('')}`),
)

test('of any text: what the library says, or nothing', () => {
  let known = 0
  fc.assert(
    fc.property(texts, (text) => {
      const found = findPlannedNumber(text)
      if (found === null) return
      known += 1
      expect(found).toEqual(askLibrary(text))
    }),
    { numRuns: 20_000 },
  )
  expect(known).toBeGreaterThan(5000)
})
