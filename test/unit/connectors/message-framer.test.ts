import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkElements } from '../../../connectors/ldap/ber-cursor.ts'
import { encodeElement } from '../../../connectors/ldap/ber-writer.ts'
import { MessageFramer } from '../../../connectors/ldap/message-framer.ts'
import { SourceFault } from '../../../connectors/source-fault.ts'

const messages = fc.array(
  fc
    .uint8Array({ maxLength: 400 })
    .map((content) => encodeElement(0x30, encodeElement(0x04, Buffer.from(content)))),
  { maxLength: 8 },
)

describe('the framer', () => {
  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent)
        const framer = new MessageFramer(10_000)
        const found: Buffer[] = []
        for (let position = 0, turn = 0; position < stream.length; turn++) {
          const end = position + (cuts[turn % cuts.length] ?? 1)
          framer.push(stream.subarray(position, end), (bytes, from, to) =>
            found.push(Buffer.from(bytes.subarray(from, to))),
          )
          position = end
        }
        expect(found).toEqual(sent)
      }),
    )
  })

  it('refuses a message over the limit by its header alone', () => {
    const framer = new MessageFramer(1000)
    const header = Buffer.from([0x30, 0x84, 0x10, 0x00, 0x00, 0x00])
    expect(() => framer.push(header, () => {})).toThrow(SourceFault)
  })

  it.each([
    { name: 'another tag', bytes: [0x31, 0x00] },
    { name: 'an indefinite length', bytes: [0x30, 0x80] },
    { name: 'a length of five bytes', bytes: [0x30, 0x85, 0, 0, 0, 0, 1] },
  ])('refuses $name', ({ bytes }) => {
    expect(() => new MessageFramer(1000).push(Buffer.from(bytes), () => {})).toThrow(/at byte \d/)
  })
})

describe('the check of nested elements', () => {
  it('ends on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          checkElements(Buffer.from(bytes), 0, bytes.length)
        } catch (error) {
          expect(String(error)).toMatch(/^BerError/)
        }
      }),
    )
  })
})
