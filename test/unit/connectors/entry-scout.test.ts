import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BerCursor, BerError } from '../../../connectors/ldap/ber-cursor.ts'
import { encodeElement, encodeText } from '../../../connectors/ldap/ber-writer.ts'
import { type DecodedEntry, EntryDecoder } from '../../../connectors/ldap/entry-decoder.ts'
import { EntryScout, type ScoutedEntry } from '../../../connectors/ldap/entry-scout.ts'
import { pickValues } from '../../../connectors/source-values.ts'

type Attribute = readonly [name: string, values: readonly (string | Buffer)[]]

function encodeEntry(dn: string | Buffer, attributes: readonly Attribute[]): Buffer {
  const list = attributes.map(([name, values]) => {
    const set = values.map((value) => encodeElement(0x04, Buffer.from(value as string)))
    return encodeElement(0x30, encodeText(name), encodeElement(0x31, ...set))
  })
  return Buffer.concat([encodeElement(0x04, Buffer.from(dn as string)), encodeElement(0x30, ...list)])
}

/** What both make of the same bytes; `refused`: BerError. */
function both(
  bytes: Buffer,
  id = 'entryUUID',
): { scouted: ScoutedEntry | null | 'refused'; decoded: DecodedEntry | 'refused' } {
  const attempt = <Result>(work: () => Result): Result | 'refused' => {
    try {
      return work()
    } catch (error) {
      expect(error).toBeInstanceOf(BerError)
      return 'refused'
    }
  }
  const names = [id, 'primaryGroupID', 'cn']
  return {
    scouted: attempt(() => new EntryScout(id, 'primaryGroupID').scout(new BerCursor(bytes), bytes.length)),
    decoded: attempt(() => new EntryDecoder(names, false).decode(new BerCursor(bytes), bytes.length)),
  }
}

/** Where the scout says anything, the decoder says the same. */
function expectAgreement({ scouted, decoded }: ReturnType<typeof both>): void {
  if (scouted === null) return
  if (scouted === 'refused') {
    expect(decoded).toBe('refused')
    return
  }
  // A value that is wrong within its list: nothing was ever stored under this fingerprint.
  if (decoded === 'refused') return
  const [ids, groups] = decoded.values
  expect(scouted.dn).toBe(decoded.dn)
  expect([scouted.externalId]).toEqual(pickValues(ids))
  expect(scouted.other).toBe(groups?.[0])
  expect(decoded.ranges).toEqual([])
  // Of what is asked for, the scout reads these two: they are texts where it answers.
  expect(['entryUUID', 'objectGUID', 'primaryGroupID', 'dn']).not.toContain(decoded.undecodable)
}

const name = fc.constantFrom(
  ...['entryUUID', 'ENTRYuuid', 'entryUUID;x-old', 'objectGUID', 'primaryGroupID', 'PrimaryGroupId'],
  ...['cn', 'cn;lang-fr', 'member;range=0-9', 'mail', 'entryUUI', 'entryUUIDs', '', 'dn'],
)
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', ' ', '  id ', 'a;b', '513'),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
)
const attributes = fc.array(fc.tuple(name, fc.array(value, { maxLength: 3 })), { maxLength: 6 })
const usual: readonly Attribute[] = [
  ['entryUUID', ['id-1']],
  ['cn', ['Béla']],
  ['primaryGroupID', ['513']],
]

describe('what is told of an entry without decoding it', () => {
  it.each(['entryUUID', 'objectGUID'])('is what the decoder reads of any entry (%s)', (id) => {
    fc.assert(
      fc.property(value, attributes, (dn, list) => {
        expectAgreement(both(encodeEntry(dn, list), id))
      }),
      { numRuns: 300 },
    )
  })

  it('is what the decoder reads where any byte is changed', () => {
    const bytes = encodeEntry('cn=x', usual)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (index, byte) => {
        const changed = Buffer.from(bytes)
        changed[index] = byte
        expectAgreement(both(changed))
      }),
      { numRuns: 500 },
    )
  })

  it('is nothing of bytes that are no entry', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expectAgreement(both(Buffer.from(bytes)))
      }),
    )
  })

  it('has another fingerprint when any byte of the entry is another', () => {
    const bytes = encodeEntry('cn=x', usual)
    const before = new EntryScout('entryUUID', null).scout(new BerCursor(bytes), bytes.length)
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ 1
      const { scouted } = both(changed)
      if (scouted === null || scouted === 'refused') continue
      expect(scouted.fingerprint.equals(before?.fingerprint ?? Buffer.alloc(16))).toBe(false)
    }
    expect(before?.fingerprint).toHaveLength(16)
  })

  it('leaves the cursor where it was, and does not depend on what stands around the entry', () => {
    const bytes = encodeEntry('cn=x', usual)
    const within = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')])
    const cursor = new BerCursor(within, 6)
    const scout = new EntryScout('entryUUID', 'primaryGroupID')
    const first = scout.scout(cursor, 6 + bytes.length)
    expect(cursor.position).toBe(6)
    expect(first).toEqual(both(bytes).scouted)
    expect(first).toMatchObject({ dn: 'cn=x', externalId: 'id-1', other: '513' })
  })

  it.each<{ what: string; list: readonly Attribute[] }>([
    { what: 'no external id', list: [['cn', ['x']]] },
    { what: 'an external id without a value', list: [['entryUUID', []]] },
    { what: 'a blank external id', list: [['entryUUID', ['  ']]] },
    { what: 'several external ids', list: [['entryUUID', ['a', 'b']]] },
    {
      what: 'the external id in two lists',
      list: [
        ['entryUUID', ['a']],
        ['ENTRYUUID', ['b']],
      ],
    },
    { what: 'an external id that is no UTF-8', list: [['entryUUID', [Buffer.from([0xc3, 0x28])]]] },
    { what: 'an external id that is very long', list: [['entryUUID', ['x'.repeat(513)]]] },
    { what: 'an option', list: [...usual, ['member;range=0-1', ['a']]] },
    {
      what: 'several values of the other attribute',
      list: [usual[0] as Attribute, ['primaryGroupID', ['1', '2']]],
    },
    {
      what: 'another attribute that is no UTF-8',
      list: [usual[0] as Attribute, ['primaryGroupID', [Buffer.from([0xff])]]],
    },
  ])('is nothing where there is $what: the decoder says what it means', ({ list }) => {
    expect(both(encodeEntry('cn=x', list)).scouted).toBeNull()
  })

  it('is nothing where the DN is no UTF-8', () => {
    expect(both(encodeEntry(Buffer.from([0xff]), usual)).scouted).toBeNull()
  })

  it('has a binary id as the decoder writes it, even where its bytes look like text', () => {
    const guid = Buffer.from('ABCDEFGHIJKLMNOP')
    const { scouted } = both(encodeEntry('cn=x', [['objectGUID', [guid]]]), 'objectGUID')
    expect(scouted).toMatchObject({ externalId: '44434241-4645-4847-494a-4b4c4d4e4f50' })
    expect(both(encodeEntry('cn=x', [['objectGUID', ['short']]]), 'objectGUID').scouted).toBeNull()
  })
})
