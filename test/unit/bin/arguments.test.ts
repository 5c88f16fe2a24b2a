import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChoice } from '../../../bin/arguments/parse-choice.ts'
import { parseCountry } from '../../../bin/arguments/parse-country.ts'
import { parseLimit } from '../../../bin/arguments/parse-limit.ts'
import { parseRecord } from '../../../bin/arguments/parse-record.ts'
import { parseTime } from '../../../bin/arguments/parse-time.ts'
import { factors } from '../../../domain/factor.ts'

const clock = () => new Date('2026-03-31T12:00:00Z')
const past = parseTime(clock, 'past')
const future = parseTime(clock, 'future')

describe('a time', () => {
  test.each([
    ['2026-02-28', '2026-02-28T00:00:00.000Z'],
    ['2026-02-28T10:00:00+02:00', '2026-02-28T08:00:00.000Z'],
    ['2026-02-28T10:00Z', '2026-02-28T10:00:00.000Z'],
    ['2026-03-01T00:30:00+02:00', '2026-02-28T22:30:00.000Z'],
    ['30m', '2026-03-31T11:30:00.000Z'],
    ['7d', '2026-03-24T12:00:00.000Z'],
  ])('%s is read as %s', (text, expected) => {
    expect(past(text)).toBe(expected)
  })

  test('counts a length of time forward where the future is meant', () => {
    expect(future('2h')).toBe('2026-03-31T14:00:00.000Z')
  })

  test.each([
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-02-28T10:00:00',
    '7',
    '7y',
    '',
    '2026-02-28T25:00:00Z',
  ])('is a fault where it is written %j', (text) => {
    expect(() => past(text)).toThrow('A time is RFC 3339')
  })

  test('comes back as it went in, whatever instant it is', () => {
    const instants = fc.date({
      min: new Date('1970-01-01'),
      max: new Date('2100-01-01'),
      noInvalidDate: true,
    })
    fc.assert(fc.property(instants, (instant) => past(instant.toISOString()) === instant.toISOString()))
  })
})

describe('a word of a fixed list', () => {
  test('is taken whatever its case', () => {
    expect(parseChoice('factor', factors)('OTP-SMS')).toBe('otp-sms')
  })

  test('is a fault that names the nearest known word, or all where none is near', () => {
    const parse = parseChoice('factor', factors)
    expect(() => parse('otp-smss')).toThrow('There is no factor "otp-smss". Did you mean otp-sms?')
    expect(() => parse('fingerprint')).toThrow('There is no factor "fingerprint". Known: otp-email, otp-sms.')
  })
})

test('a limit is a whole number from zero', () => {
  expect(parseLimit('0')).toBe(0)
  expect(parseLimit('25')).toBe(25)
  for (const text of ['-1', '1.5', 'all', '', '1e3', '99999999999999999999']) {
    expect(() => parseLimit(text), text).toThrow('whole number')
  }
})

test('a record is a source and everything behind the first colon', () => {
  expect(parseRecord('corp:cn=a:b')).toEqual({ source: 'corp', externalId: 'cn=a:b' })
  for (const text of ['corp', ':1', 'corp:'])
    expect(() => parseRecord(text), text).toThrow('SOURCE:externalId')
})

test('a country is two letters that ISO 3166-1 knows', () => {
  expect(parseCountry('de')).toBe('DE')
  for (const text of ['DEU', 'XX', 'ZZ', '', '49'])
    expect(() => parseCountry(text), text).toThrow('ISO 3166-1')
})
