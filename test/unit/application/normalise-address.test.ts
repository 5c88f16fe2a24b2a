import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normaliseAddress, normaliseAddresses } from '../../../application/normalise-address.ts'

const number = (text: string, country: string | null = 'DE', countries: ReadonlySet<string> | null = null) =>
  normaliseAddress('otp-sms', text, country, countries)
const mailbox = (text: string) => normaliseAddress('otp-email', text, null, null)

describe('a number', () => {
  test.each([
    ['0151 23456789', 'DE', '+4915123456789', 'DE'],
    ['+49 (0)151/23456789', null, '+4915123456789', 'DE'],
    ['tel:+49-151-23456789', null, '+4915123456789', 'DE'],
    ['0049 151 23456789', 'FR', '+4915123456789', 'DE'],
    ['06 12 34 56 78', 'fr', '+33612345678', 'FR'],
    ['+1 415 555 2671', null, '+14155552671', 'US'],
  ])('%s is a mobile in E.164', (text, country, value, region) => {
    expect(number(text, country)).toEqual({
      value,
      key: value,
      country: region,
      lineType: 'mobile',
      unusable: null,
    })
  })

  test.each([
    ['', 'DE', 'not-a-number'],
    ['n/a', 'DE', 'not-a-number'],
    ['call me +4915123456789', 'DE', 'not-a-number'],
    ['+4915123456789, +4915123456780', 'DE', 'not-a-number'],
    ['0151 23456789', null, 'no-country'],
    ['0151 23456789', 'XX', 'no-country'],
    ['0151 234', 'DE', 'invalid-number'],
    ['+999 151 23456789', 'DE', 'invalid-number'],
    ['+4915123456789 ext. 5', 'DE', 'invalid-number'],
    ['+49151234567890123456', 'DE', 'invalid-number'],
    ['030 123456', 'DE', 'landline'],
    ['0900 1 234567', 'DE', 'not-mobile'],
    ['+800 1234 5678', 'DE', 'not-mobile'],
  ])('%s in %s cannot be used, is kept as it is written, and says why (rule 9)', (text, country, reason) => {
    expect(number(text, country)).toMatchObject({ value: text, key: null, unusable: reason })
  })

  test('outside the countries that messages may go to is kept as forbidden', () => {
    const allowed = new Set(['DE', 'CH'])
    expect(number('+33 6 12 34 56 78', 'DE', allowed)).toMatchObject({
      country: 'FR',
      lineType: 'mobile',
      key: null,
      unusable: 'forbidden-country',
    })
    expect(number('0151 23456789', 'DE', allowed).unusable).toBeNull()
  })

  test('of any text never fails, and is either unusable as it is written or in E.164 and stable', () => {
    const pieces = fc.array(
      fc.constantFrom('+', '49', '0', '151', '23456789', ' ', '-', '(', ')', 'x', ';ext=', '٣', '\u0000'),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          pieces.map((list) => list.join('')),
        ),
        (text) => {
          const result = number(text)
          if (result.unusable !== null) expect(result).toMatchObject({ value: text, key: null })
          else {
            expect(result.value).toMatch(/^\+[1-9][0-9]{5,14}$/)
            expect(number(result.value, null)).toEqual(result)
          }
        },
      ),
    )
  })
})

describe('a mailbox', () => {
  test.each([
    ['Anna.B+otp@Example.COM', 'Anna.B+otp@example.com', 'anna.b+otp@example.com'],
    ['  a@b.example ', 'a@b.example', 'a@b.example'],
    ["o'neil/x@bücher.example", "o'neil/x@xn--bcher-kva.example", "o'neil/x@xn--bcher-kva.example"],
  ])('%s keeps its local part, and its key folds case', (text, value, key) => {
    expect(mailbox(text)).toEqual({ value, key, country: null, lineType: null, unusable: null })
  })

  test.each([
    '',
    'a',
    '@b.example',
    'a@',
    'a@b',
    'a@b@c.example',
    'a b@c.example',
    '.a@b.example',
    'a.@b.example',
    'a..b@c.example',
    '"a b"@c.example',
    'a(comment)@b.example',
    'Anna <a@b.example>',
    'a@b.example,c@d.example',
    'a@b.example;c@d.example',
    'a@b.example\r\nBcc: c@d.example',
    'a@b.example\u0000',
    'a@ex\u00adample.com',
    'a@[127.0.0.1]',
    'a@127.0.0.1',
    'a@0x7f.1',
    'a@ex%61mple.com',
    'a@-b.example',
    'a@b-.example',
    'a@b_c.example',
    'a@b.example.',
    'a@b..example',
    'a@xn--a.com',
    'ä@b.example',
    `${'a'.repeat(65)}@b.example`,
    `a@${'b'.repeat(64)}.example`,
    `a@${'b.'.repeat(126)}example`,
  ])('%j is malformed, and kept with that reason (rule 9)', (text) => {
    expect(mailbox(text)).toMatchObject({ value: text, key: null, unusable: 'malformed-mailbox' })
  })

  test('of any text carries no second recipient, no header and no control character', () => {
    const pieces = fc.array(
      fc.constantFrom(
        'a',
        '@',
        '.',
        'b.example',
        ',',
        ';',
        '\r\n',
        ' ',
        '<',
        '>',
        '"',
        '%',
        '。',
        'ß',
        '\u200d',
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          pieces.map((list) => list.join('')),
          fc.emailAddress(),
        ),
        (text) => {
          const result = mailbox(text)
          if (result.unusable !== null) expect(result).toMatchObject({ value: text, key: null })
          else {
            expect(result.value).toMatch(/^[!#-'*+\-./0-9=?A-Z^-~]+@[a-z0-9.-]+$/)
            expect(result.value.split('@')).toHaveLength(2)
            expect(mailbox(result.value)).toEqual(result)
            expect(mailbox(result.value.toUpperCase()).key).toBe(result.key)
          }
        },
      ),
    )
  })
})

describe('the addresses of an identity', () => {
  test('are all of them, usable or not, with type, source and trust, and the country of their own source', () => {
    const attributes = {
      emails: [{ value: 'A@x.example', type: 'work', primary: true, source: 'hr' }],
      phoneNumbers: [
        { value: '079 123 45 67', type: 'mobile', source: 'corp', trust: 'claimed' as const },
        { value: '079 123 45 67', source: 'hr' },
      ],
    }
    const options = { countryOf: (source: string) => (source === 'corp' ? 'CH' : null), countries: null }
    expect(normaliseAddresses(attributes, options)).toEqual([
      {
        factor: 'otp-email',
        attribute: 'emails',
        value: 'A@x.example',
        key: 'a@x.example',
        type: 'work',
        primary: true,
        country: null,
        lineType: null,
        source: 'hr',
        trust: 'asserted',
        unusable: null,
      },
      {
        factor: 'otp-sms',
        attribute: 'phoneNumbers',
        value: '+41791234567',
        key: '+41791234567',
        type: 'mobile',
        primary: false,
        country: 'CH',
        lineType: 'mobile',
        source: 'corp',
        trust: 'claimed',
        unusable: null,
      },
      {
        factor: 'otp-sms',
        attribute: 'phoneNumbers',
        value: '079 123 45 67',
        key: null,
        type: null,
        primary: false,
        country: null,
        lineType: null,
        source: 'hr',
        trust: 'asserted',
        unusable: 'no-country',
      },
    ])
  })
})
