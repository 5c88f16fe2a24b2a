import { describe, expect, it } from 'vitest'
import { makeEntry } from '../../../directory/entry.ts'
import { LdifError, parseLdif } from '../../../directory/ldif.ts'

const read = (text: string) =>
  parseLdif(text).map(({ dn, attributes }) => ({
    dn,
    attributes: Object.fromEntries([...attributes].map(([name, values]) => [name, values.map(String)])),
  }))

describe('an LDIF text', () => {
  it('has entries with continued lines, base64 and comments', () => {
    const text = [
      'version: 1',
      '# a comment',
      ' that goes on',
      'dn:: dWlkPWLDqWxhLGRjPXg=',
      'cn:: QsOpbGE=',
      'description: one',
      '  line',
      'mail: a@x.org',
      'mail: b@x.org',
      '',
      '',
      'dn: dc=x',
      'dc:x',
      '',
    ]
    expect(read(text.join('\r\n'))).toEqual([
      {
        dn: 'uid=béla,dc=x',
        attributes: { cn: ['Béla'], description: ['one line'], mail: ['a@x.org', 'b@x.org'] },
      },
      { dn: 'dc=x', attributes: { dc: ['x'] } },
    ])
  })

  it.each([
    ['cn: no name first', 'LDIF line 1: an entry begins with "dn:"'],
    ['dn: dc=x\nnonsense', 'LDIF line 2: expected "attribute: value"'],
    ['dn: dc=x\njpegPhoto:< file:///x', 'LDIF line 2: values by URL are not read'],
    ['dn: dc=x\nchangetype: delete', 'LDIF line 2: change records are not read'],
  ])('%j is refused', (text, message) => {
    expect(() => parseLdif(text)).toThrow(LdifError)
    expect(() => parseLdif(text)).toThrow(message)
  })

  it('gives an entry without entryUUID one that is always the same', () => {
    const uuidOf = (text: string) =>
      String(parseLdif(text).map(makeEntry)[0]?.attributes.get('entryuuid')?.values[0])
    expect(uuidOf('dn: uid=a,dc=x\n')).toBe(uuidOf('dn: UID=A, DC=X\ncn: other\n'))
    expect(uuidOf('dn: uid=a,dc=x\n')).not.toBe(uuidOf('dn: uid=b,dc=x\n'))
    expect(uuidOf('dn: uid=a,dc=x\nentryUUID: own\n')).toBe('own')
  })
})
