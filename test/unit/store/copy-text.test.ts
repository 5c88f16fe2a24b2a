import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CopyText, type Stretch, writeRow } from '../../../store/copy-text.ts'

const long = 'ü'.repeat(150_000)
const row = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.nat({ max: 90_000 }).map((length) => 'x'.repeat(length)) },
  { weight: 1, arbitrary: fc.constant(long) },
)

describe('rows outside of the heap', () => {
  test('come back as they were written, whichever of them are asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ row, isAsked: fc.boolean() }), { maxLength: 30 }), (rows) => {
        const text = new CopyText()
        const stretches: Stretch[] = []
        for (const one of rows) {
          const from = text.end
          text.append(one.row)
          if (one.isAsked) stretches.push([from, text.end])
        }
        const asked = rows.filter(({ isAsked }) => isAsked).map((one) => one.row)
        expect(Buffer.concat([...text.pieces(stretches)]).toString()).toBe(asked.join(''))
        expect(Buffer.concat([...text.pieces([[0, text.end]])]).toString()).toBe(
          rows.map((one) => one.row).join(''),
        )
        text.release()
        expect([...text.pieces([[0, text.end]])]).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('are written anew into memory that was given back', () => {
    for (const word of ['first', 'second']) {
      const text = new CopyText()
      text.append(writeRow([word, null, 1, true, ['a\\b'], new Date(0), Buffer.from([1, 255])]))
      expect(Buffer.concat([...text.pieces([[0, text.end]])]).toString()).toBe(
        `${word}\t\\N\t1\tt\t["a\\\\\\\\b"]\t1970-01-01T00:00:00.000Z\t\\\\x01ff\n`,
      )
      text.release()
    }
  })
})
