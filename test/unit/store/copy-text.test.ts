import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CopyMemory,
  CopyText,
  type CopyValue,
  RowWriter,
  readRow,
  type Stretch,
} from '../../../store/copy-text.ts'
import { readRecordRow, recordRows } from '../../../store/write/source-records.ts'

const writeRow = (values: readonly CopyValue[]) =>
  new RowWriter<readonly CopyValue[]>({
    table: 'any',
    columns: values.map((_, at) => `c${at}`),
    valuesOf: (item) => item,
  }).write(values)

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
        const text = new CopyText(new CopyMemory())
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
      const text = new CopyText(new CopyMemory())
      text.append(writeRow([word, null, 1, true, ['a\\b'], new Date(0), Buffer.from([1, 255])]))
      expect(Buffer.concat([...text.pieces([[0, text.end]])]).toString()).toBe(
        `${word}\t\\N\t1\tt\t["a\\\\\\\\b"]\t1970-01-01T00:00:00.000Z\t\\\\x01ff\n`,
      )
      text.release()
    }
  })

  test('are read back column by column, whatever they hold', () => {
    const column = fc.oneof(
      fc.constant(null),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\\N', '\\', '\t\n\r\\t'),
    )
    fc.assert(
      fc.property(fc.array(column, { minLength: 1 }), (columns) => {
        expect(readRow(writeRow(columns))).toEqual(columns)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a column whose texts are known', () => {
  const writer = new RowWriter<string>({
    table: 'any',
    columns: ['id', 'reasons'],
    texts: { id: 'ours', reasons: 'json' },
    valuesOf: (text) => ['0190c3a2', JSON.stringify({ text })],
  })

  test('of JSON is read back whatever its texts hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(readRow(writer.write(text))).toEqual(['0190c3a2', JSON.stringify({ text })])
      }),
    )
    expect(writer.write('\\ \t \n "')).toBe('0190c3a2\t{"text":"\\\\\\\\ \\\\t \\\\n \\\\""}\n')
  })
})

describe('the row of a record', () => {
  test('says again what its source said', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 })
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((given) => Buffer.from(given))
    const said = fc.record({
      externalId: text,
      hash: bytes,
      fingerprint: fc.option(bytes),
      active: fc.boolean(),
      inactiveFrom: fc.option(fc.constant('2027-01-01T00:00:00.000Z')),
      country: fc.option(fc.constant('DE')),
      groups: fc.option(fc.array(text)),
      attributes: fc.record({ userName: text, title: text }, { requiredKeys: [] }),
    })
    const writer = new RowWriter(recordRows({ at: new Date(0), runId: null }))
    const linked = { source: 'corp', id: 'i', identityId: 'p', link: 'created', linkFault: null } as const
    fc.assert(
      fc.property(said, (record) => {
        const row = writer.write({ ...linked, missingSince: null, deletedAt: null, ...record })
        expect(readRecordRow(row)).toEqual(record)
      }),
      { numRuns: 200 },
    )
  })
})
