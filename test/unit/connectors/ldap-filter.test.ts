import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFilter, FilterSyntaxError } from '../../../connectors/ldap/filter.ts'
import { readElements } from '../../../directory/ber.ts'
import { makeEntry } from '../../../directory/entry.ts'
import { compileFilter } from '../../../directory/filter.ts'
import { parseLdif } from '../../../directory/ldif.ts'

const [anna] = parseLdif(
  'dn: uid=anna,dc=x\nuid: anna\ncn: Anna (the first) * \\ Berg\nage: 41\nmail: a@x.org\n',
).map(makeEntry)

function matches(text: string): boolean {
  const [element] = readElements(encodeFilter(text))
  if (!anna || !element) throw new Error('nothing to match')
  return compileFilter(element)(anna)
}

describe('a filter', () => {
  it.each([
    ['(uid=anna)', true],
    ['(UID=ANNA)', true],
    ['(uid=bela)', false],
    ['(uid=*)', true],
    ['(nickname=*)', false],
    ['(&(uid=anna)(age>=40)(age<=41))', true],
    ['(|(uid=bela)(age<=40))', false],
    ['(!(uid=bela))', true],
    ['(cn=Anna*Berg)', true],
    ['(cn=*first*)', true],
    ['(cn=*second*)', false],
    ['(cn=Anna \\28the first\\29 \\2a \\5c Berg)', true],
    ['(&)', true],
    ['(|)', false],
    [' (uid=anna) ', true],
  ])('%s gives %s', (text, expected) => {
    expect(matches(text)).toBe(expected)
  })

  it('of a matching rule is sent as an extensible match', () => {
    const text = '(userAccountControl:1.2.840.113556.1.4.803:=2)'
    const [rule, attribute] = ['1.2.840.113556.1.4.803', 'userAccountControl'].map((part) =>
      Buffer.from(part).toString('hex'),
    )
    expect(encodeFilter(text).toString('hex')).toBe(`a92f8116${rule}8212${attribute}830132`)
  })

  it.each([
    ['', 1],
    ['uid=anna', 1],
    ['(uid=anna', 10],
    ['(uid=anna))', 11],
    ['(&(uid=anna)', 13],
    ['(uid)', 2],
    ['(=x)', 3],
    ['(uid=a(b)', 7],
    ['(uid=\\zz)', 6],
    ['(uid=**)', 6],
  ])('%j is refused at character %d', (text, position) => {
    expect(() => encodeFilter(text)).toThrow(FilterSyntaxError)
    expect(() => encodeFilter(text)).toThrow(`at character ${position}`)
  })

  it('of any value that is escaped matches exactly that value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (value) => {
        const bytes = Buffer.from(value, 'utf8')
        const escaped = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
        const [element] = readElements(encodeFilter(`(cn=${escaped})`))
        const [, assertion] = readElements(element?.content ?? Buffer.alloc(0))
        expect(assertion?.content).toEqual(bytes)
      }),
    )
  })

  it('of any text is encoded or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          readElements(encodeFilter(text))
        } catch (error) {
          expect(error).toBeInstanceOf(FilterSyntaxError)
        }
      }),
    )
  })
})
