import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BerCursor, BerError } from '../../../connectors/ldap/ber-cursor.ts'
import { encodeElement, encodeText } from '../../../connectors/ldap/ber-writer.ts'
import { type DecodedEntry, EntryDecoder } from '../../../connectors/ldap/entry-decoder.ts'

type Attributes = Readonly<Record<string, readonly (string | Buffer)[]>>

function encodeEntry(dn: string, attributes: Attributes): Buffer {
  const list = Object.entries(attributes).map(([name, values]) => {
    const set = values.map((value) => encodeElement(0x04, Buffer.from(value as string)))
    return encodeElement(0x30, encodeText(name), encodeElement(0x31, ...set))
  })
  return Buffer.concat([encodeText(dn), encodeElement(0x30, ...list)])
}

function decode(names: readonly string[], attributes: Attributes, retain = false): DecodedEntry {
  const bytes = encodeEntry('cn=x', attributes)
  return new EntryDecoder(names, retain).decode(new BerCursor(bytes), bytes.length)
}

describe('an entry', () => {
  it('has three states for an attribute: absent, empty, with values', () => {
    const { values } = decode(['mail', 'title', 'cn'], { TITLE: [], Cn: ['x', 'y'], other: ['z'] })
    expect(values).toEqual([undefined, [], ['x', 'y']])
  })

  it.each([true, false])('gives back any text as it was sent (retained: %s)', (retain) => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }), (texts) => {
        expect(decode(['a', 'cn'], { a: ['ascii'], cn: texts }, retain).values).toEqual([['ascii'], texts])
      }),
    )
  })

  it('names the attribute of a value that is no UTF-8, and keeps the others', () => {
    const { values, undecodable } = decode(['cn', 'sn'], { cn: [Buffer.from([0xff]), 'good'], sn: ['é'] })
    expect(undecodable).toBe('cn')
    expect(values).toEqual([['good'], ['é']])
  })

  it('reads a GUID in the order of Active Directory, even where its bytes look like text', () => {
    const guid = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
    const text = Buffer.from('ABCDEFGHIJKLMNOP')
    expect(decode(['objectGUID'], { objectGUID: [guid] }).values).toEqual([
      ['33221100-5544-7766-8899-aabbccddeeff'],
    ])
    expect(decode(['objectGUID'], { objectGUID: [text] }).values).toEqual([
      ['44434241-4645-4847-494a-4b4c4d4e4f50'],
    ])
    expect(decode(['objectGUID'], { objectGUID: ['short'] }).undecodable).toBe('objectGUID')
  })

  it('reads a security identifier', () => {
    const sid = Buffer.from('010500000000000515000000a065cf7e784b9b5fe77c8770091c0100', 'hex')
    expect(decode(['objectSid'], { objectSid: [sid] }).values).toEqual([
      ['S-1-5-21-2127521184-1604012920-1887927527-72713'],
    ])
  })

  it('joins a ranged attribute and says what is missing', () => {
    const { values, ranges } = decode(['member'], { member: [], 'member;range=0-1': ['a', 'b'] })
    expect(values).toEqual([['a', 'b']])
    expect(ranges).toEqual([{ slot: 0, attribute: 'member', next: 2 }])
    expect(decode(['member'], { 'member;range=2-*': ['c'] }).ranges).toEqual([])
  })

  it('takes a language tag for another attribute, and ;binary for none', () => {
    expect(decode(['cn'], { 'cn;lang-fr': ['x'], 'cn;binary': ['y'] }).values).toEqual([['y']])
  })

  it('is refused, never misread, when any byte of its structure is changed', () => {
    const bytes = encodeEntry('cn=x', { cn: ['a'], sn: ['b'] })
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (index, byte) => {
        const changed = Buffer.from(bytes)
        changed[index] = byte
        try {
          const { values } = new EntryDecoder(['cn', 'sn'], false).decode(
            new BerCursor(changed),
            changed.length,
          )
          for (const list of values) expect((list ?? []).join('').length).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(BerError)
        }
      }),
    )
  })
})
