import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addMonths, openCalendar } from '../../../policies/calendar.ts'
import { dayMs, parseDateText } from '../../../policies/date-text.ts'

const dayNumber = (text: string) => Date.parse(`${text}T00:00:00Z`) / dayMs
const start = (timeZone: string, text: string) =>
  new Date(openCalendar(timeZone).startOf(dayNumber(text))).toISOString()

describe('openCalendar', () => {
  it.each([
    ['UTC', '2026-03-29', '2026-03-29T00:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-26', '2026-10-25T23:00:00.000Z'],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z'],
    ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z'],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
  ])('starts the day at midnight in %s on %s', (timeZone, day, instant) => {
    expect(start(timeZone, day)).toBe(instant)
  })

  it('starts the day after the gap where the clocks skip midnight', () => {
    // Beirut went from 23:59:59 to 01:00 when 27 March 2022 began.
    expect(start('Asia/Beirut', '2022-03-27')).toBe('2022-03-26T22:00:00.000Z')
    expect(start('America/Sao_Paulo', '2018-11-04')).toBe('2018-11-04T03:00:00.000Z')
  })

  it('starts a day that a zone left out with the next one', () => {
    // Samoa had no 30 December 2011.
    expect(start('Pacific/Apia', '2011-12-30')).toBe(start('Pacific/Apia', '2011-12-31'))
  })

  it('has each start on its own day and the millisecond before on the day before', () => {
    const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe')
    fc.assert(
      fc.property(zone, fc.integer({ min: 0, max: 40_000 }), (timeZone, day) => {
        const calendar = openCalendar(timeZone)
        expect(calendar.dayOf(calendar.startOf(day))).toBe(day)
        expect(calendar.dayOf(calendar.startOf(day) - 1)).toBe(day - 1)
      }),
      { numRuns: 300 },
    )
  })

  it('refuses a zone that does not exist', () => {
    expect(() => openCalendar('Europe/Atlantis')).toThrow(RangeError)
  })
})

describe('addMonths', () => {
  it('ends on the last day of a month that is too short', () => {
    expect(addMonths(dayNumber('2026-01-31'), 1)).toBe(dayNumber('2026-02-28'))
    expect(addMonths(dayNumber('2028-01-31'), 1)).toBe(dayNumber('2028-02-29'))
    expect(addMonths(dayNumber('2026-03-31'), -13)).toBe(dayNumber('2025-02-28'))
  })
})

describe('parseDateText', () => {
  it('reads what RFC 3339 allows, up to nine digits of a second', () => {
    expect(parseDateText('2026-03-01')).toEqual({ kind: 'day', day: dayNumber('2026-03-01') })
    const ms = Date.parse('2026-03-01T10:00:00.123Z')
    for (const text of ['2026-03-01T10:00:00.1234567Z', '2026-03-01t11:30:00.123999999+01:30']) {
      expect(parseDateText(text)).toEqual({ kind: 'instant', ms })
    }
  })

  it.each([
    '2026-02-30',
    '2026-13-01',
    '2026-1-1',
    '2026-03-01T25:00:00Z',
    '2026-03-01T10:00:00',
    '2026-03-01T10:00:00+16:00',
    '0000-03-01',
    '0000-02-29T00:00:00Z',
    'now',
    '',
  ])('takes %s for no date', (text) => {
    expect(parseDateText(text)).toBeNull()
  })
})
