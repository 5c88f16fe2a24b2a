import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizeDn } from '../../../connectors/ldap/normalize-dn.ts'

describe('a distinguished name', () => {
  it.each([
    ['case', 'UID=Anna,OU=People,DC=Example', 'uid=anna,ou=people,dc=example'],
    ['blanks around separators', 'uid = anna , ou=people;  dc=example', 'uid=anna,ou=people,dc=example'],
    ['kinds of escapes', 'cn=Berg\\, Anna,dc=x', 'cn=Berg\\2C Anna,dc=x'],
    ['quotes', 'cn="Berg, Anna",dc=x', 'cn=Berg\\, Anna,dc=x'],
    ['bytes of UTF-8', 'cn=B\\C3\\A9la,dc=x', 'cn=Béla,dc=x'],
    ['the order within a name', 'cn=a+uid=b,dc=x', 'uid=b + cn=a,dc=x'],
    ['an escaped letter', 'cn=\\61nna,dc=x', 'cn=anna,dc=x'],
  ])('does not depend on %s', (_, left, right) => {
    expect(normalizeDn(left)).toBe(normalizeDn(right))
  })

  it.each([
    ['cn=a\\,b,dc=x', 'cn=a,b,dc=x'],
    ['cn=a\\+b=c,dc=x', 'cn=a+b=c,dc=x'],
    ['cn=a\\\\,dc=x', 'cn=a\\,dc=x'],
    ['cn=a,dc=x', 'cn=a,dc=y'],
  ])('keeps %s apart from %s', (left, right) => {
    expect(normalizeDn(left)).not.toBe(normalizeDn(right))
  })

  it('is the same when it is normalised twice', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(normalizeDn(normalizeDn(text))).toBe(normalizeDn(text))
      }),
      {
        examples: [['cn=\\ a\\ ,dc=x'], ['cn="a;b" , dc=x'], ['cn=#04']],
      },
    )
  })

  it('is the same in the fast way and in the careful one', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9.@_-][A-Za-z0-9.@_ -]*[A-Za-z0-9]$/)
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
        const plain = values.map((part) => `CN=${part}`).join(',')
        const spaced = values.map((part) => `cn =  ${part}`).join(' , ')
        expect(normalizeDn(spaced)).toBe(normalizeDn(plain))
      }),
    )
  })
})
