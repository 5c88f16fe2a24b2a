import { describe, expect, it } from 'vitest'
import { enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { MusterError } from '../../../domain/error.ts'
import { parseFilter } from '../../../policies/filter/parse-filter.ts'
import { settings } from './sample-identity.ts'

const parse = (text: string) => parseFilter(text, settings.customAttributes)

function faultOf(text: string): string {
  try {
    parse(text)
  } catch (cause) {
    if (cause instanceof MusterError && cause.code === 'filter-invalid') return cause.message
    throw cause
  }
  throw new Error(`accepted: ${text}`)
}

describe('parseFilter', () => {
  it('finds attributes by short name, by URN and in any case', () => {
    const path = [enterpriseUrn, 'department']
    for (const name of [
      'department',
      'DEPARTMENT',
      `${enterpriseUrn}:department`,
      `${enterpriseUrn}:Department`,
    ]) {
      expect(parse(`${name} eq "x"`)).toMatchObject({ attribute: { path, element: null, caseExact: false } })
    }
    expect(parse('urn:ietf:params:scim:schemas:core:2.0:User:userName pr')).toMatchObject({
      attribute: { path: ['userName'] },
    })
    expect(parse('custom.level gt 3')).toMatchObject({
      attribute: { path: [musterUrn, 'custom', 'level'], type: 'number' },
    })
    expect(parse(`${enterpriseUrn} pr`)).toMatchObject({
      op: 'present',
      attribute: { path: [enterpriseUrn] },
    })
  })

  it('takes the bare name of a list for its values', () => {
    expect(parse('emails co "x"')).toEqual(parse('emails.value co "x"'))
    expect(parse('sources eq "hr"')).toMatchObject({ attribute: { path: ['sources'], multiValued: true } })
  })

  it('decodes string literals as JSON', () => {
    const value = (text: string) => (parse(text) as { value: unknown }).value
    expect(value(String.raw`userName eq "CORP\\jdoe"`)).toBe(String.raw`CORP\jdoe`)
    expect(value(String.raw`userName eq "\u0041\n\"x\" or 1\\"`)).toBe('A\n"x" or 1\\')
  })

  it('keeps a comparison after a value path on the same element', () => {
    expect(parse('emails[type eq "home" or type eq "other"].value eq "a"')).toEqual(
      parse('emails[(type eq "home" or type eq "other") and value eq "a"]'),
    )
    expect(parse('not (emails[type eq "home"].value pr)')).toEqual(
      parse('not (emails[(type eq "home") and value pr])'),
    )
  })

  it('binds not before and before or', () => {
    expect(parse('not title pr and active eq true or id pr')).toMatchObject({
      op: 'or',
      filters: [{ op: 'and', filters: [{ op: 'not' }, { op: 'compare' }] }, { op: 'present' }],
    })
  })

  it('writes dates as instants in UTC', () => {
    expect(parse('startDate ge "2026-03-01T00:00:00.1234567+02:00"')).toMatchObject({
      value: '2026-02-28T22:00:00.123Z',
    })
    expect(parse('startDate ge "2026-03-01"')).toMatchObject({ value: '2026-03-01T00:00:00.000Z' })
  })

  it('takes numbers as JSON writes them, with a sign and an exponent', () => {
    const values = (text: string) => {
      const { filters } = parse(text) as { filters: readonly { value: unknown }[] }
      return filters.map(({ value }) => value)
    }
    const text = 'not (custom.level lt -5) and (custom.level eq 1e+3) and custom.level EQ -0.25E-2'
    expect(values(text.replace('not (', '(').replaceAll(/[()]/g, ' '))).toEqual([-5, 1000, -0.0025])
    expect(parse(text)).toMatchObject({ filters: [{ op: 'not' }, { value: 1000 }, { value: -0.0025 }] })
    expect(parse('custom.level eq 0')).toMatchObject({ value: 0 })
  })

  it('takes a written boolean for one, as Entra sends it', () => {
    expect(parse('roles[primary eq "True"]')).toMatchObject({ filter: { value: true } })
  })

  it.each([
    ['userNam eq "x"', /unknown attribute "userNam", did you mean "userName"\?/],
    ['__proto__ eq "x"', /unknown attribute "__proto__"/],
    ['constructor pr', /unknown attribute/],
    ['1a pr', /unknown attribute/],
    ['and pr', /unknown attribute|not a complete/],
    ['emails[a[b eq 1]]', /unknown attribute/],
    ['emails[value[type eq "x"]]', /takes no value filter/],
    ['userName[value eq "x"]', /takes no value filter/],
    ['name eq "x"', /no value of its own/],
    ['members.$ref eq "x"', /not a complete SCIM filter/],
    ["userName eq 'x'", /not a complete SCIM filter/],
    ['active eq True', /not a complete SCIM filter/],
    ['userName eq "a\tb"', /not written as JSON/],
    ['userName eq "a', /not closed/],
    ['userName eq "a\\"', /not closed/],
    ['custom.level eq 1e400', /must be compared with a number/],
    ['custom.level eq -1e400', /must be compared with a number/],
    ['custom.level eq +5', /not a complete SCIM filter/],
    ['custom.level eq 007', /not a complete SCIM filter/],
    ['custom.level eq 5x', /not a complete SCIM filter/],
    ['custom.level eq - 5', /not a complete SCIM filter/],
    ['userName eq -5', /must be compared with a string/],
    ['startDate eq "0000-01-01"', /must be compared with a date/],
    ['startDate eq "0001-01-01T00:00:00+00:01"', /must be compared with a date/],
    ['startDate eq "9999-12-31T23:59:59-00:01"', /must be compared with a date/],
    ['startDate eq "2026-01-01T00:00:00+16:00"', /must be compared with a date/],
    ['custom.level eq "9"', /must be compared with a number/],
    ['userName eq 5', /must be compared with a string/],
    ['active co "tr"', /cannot be asked of active/],
    ['active gt false', /cannot be asked of active/],
    ['startDate sw "2026"', /cannot be asked of startDate/],
    ['startDate eq "2026-02-30"', /must be compared with a date/],
    ['title gt null', /cannot compare with null/],
    ['emails[type pr]. and active pr', /missing after/],
    ['emails[type eq "x"].display eq "y"', /unknown attribute "display"/],
    ['userName eq "x" extra', /not a complete/],
    ['', /not a complete/],
  ])('refuses %s', (text, message) => {
    expect(faultOf(text)).toMatch(message)
  })

  it('caps length, depth, negations and terms before they cost anything', () => {
    expect(faultOf(`userName eq "${'é'.repeat(2100)}"`)).toMatch(/4096 bytes/)
    expect(faultOf(`${'('.repeat(33)}title pr${')'.repeat(33)}`)).toMatch(/deeper than 32/)
    expect(faultOf(`${'not '.repeat(101)}title pr`)).toMatch(/more than 100 negations/)
    expect(faultOf(`${'not '.repeat(60)}title pr`)).toMatch(/deeper than 32/)
    expect(faultOf(Array.from({ length: 101 }, () => 'title pr').join(' or '))).toMatch(/more than 100 terms/)
    expect(parse(Array.from({ length: 100 }, () => 'title pr').join(' or '))).toMatchObject({ op: 'or' })
  })
})
