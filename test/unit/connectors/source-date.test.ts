import { describe, expect, it } from 'vitest'
import { endOf, formatDate, parseAnyDate, parseDate } from '../../../connectors/source-date.ts'

const show = (date: ReturnType<typeof parseAnyDate>) => (date ? formatDate(date) : undefined)

describe('a date of a source', () => {
  it.each([
    ['2026-02-28', '2026-02-28'],
    ['2026-02-28T10:00:00Z', '2026-02-28T10:00:00.000Z'],
    ['2026-02-28 10:00:00+0200', '2026-02-28T08:00:00.000Z'],
    ['20260228100000Z', '2026-02-28T10:00:00.000Z'],
    ['202602281000+0130', '2026-02-28T08:30:00.000Z'],
    ['20260228100000.0Z', '2026-02-28T10:00:00.000Z'],
    ['133536384000000000', '2024-02-29T00:00:00.000Z'],
    ['0', null],
    ['9223372036854775807', null],
    ['2026-02-30', undefined],
    ['20260230100000Z', undefined],
    ['28.02.2026', undefined],
    ['soon', undefined],
  ])('%s is %s', (text, expected) => {
    expect(show(parseAnyDate(text))).toBe(expected)
  })

  it.each([
    ['0', '1970-01-01T00:00:00.000Z'],
    ['20513', '2026-03-01T00:00:00.000Z'],
    ['-1', null],
    ['x', undefined],
  ])('in days since 1970, %s is %s', (text, expected) => {
    expect(show(parseDate(text, 'epochDays'))).toBe(expected)
  })

  it('without a time lasts until the end of the day', () => {
    const date = parseDate('2026-02-28', 'iso')
    expect(date && endOf(date)?.toISOString()).toBe('2026-03-01T00:00:00.000Z')
  })
})
