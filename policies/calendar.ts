import { dayMs } from './date-text.ts'
import { remember } from './remember.ts'

/** What a day is in one time zone. Days are numbers: days since 1970-01-01 on the local calendar. */
export interface Calendar {
  /** The local day on which an instant falls. */
  readonly dayOf: (instant: number) => number
  /** The first instant of a local day: its midnight, or what follows where the clocks skip midnight. */
  readonly startOf: (day: number) => number
}

/** Farther than any zone's offset (+14 h and −12 h) and any change of it. */
const widestOffset = 30 * 3_600_000
/** Intl takes microseconds to answer; the same days recur over a population. */
const rememberedDays = 50_000

/** The calendar of an IANA time zone, one for all policy sets. Throws a RangeError for an unknown zone. */
export const openCalendar: (timeZone: string) => Calendar = remember(createCalendar, 16)

function createCalendar(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', era: 'short' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' },
  })
  if (format.resolvedOptions().timeZone === 'UTC') return utcCalendar
  const offsetAtMidnight = remember((day: number) => readOffset(format, day * dayMs), rememberedDays)
  const dayOf = (instant: number) => {
    const utcDay = Math.floor(instant / dayMs)
    const offset = offsetAtMidnight(utcDay)
    // Clocks change on a few days of a year only: on all others, the offset at both ends is that of the whole day.
    const changes = offset !== offsetAtMidnight(utcDay + 1)
    return Math.floor((instant + (changes ? readOffset(format, instant) : offset)) / dayMs)
  }
  return {
    dayOf,
    startOf: rememberDays((day) => findStart(day, dayOf, offsetAtMidnight)),
  }
}

/** Remembers an answer for each day from 1970 to 2106, in a table: it is asked several times for every person. */
function rememberDays(compute: (day: number) => number): (day: number) => number {
  const table = new Float64Array(rememberedDays).fill(Number.NaN)
  return (day) => {
    const known = table[day]
    if (known === undefined) return compute(day)
    if (!Number.isNaN(known)) return known
    const computed = compute(day)
    table[day] = computed
    return computed
  }
}

const utcCalendar: Calendar = {
  dayOf: (instant) => Math.floor(instant / dayMs),
  startOf: (day) => day * dayMs,
}

/** Adds calendar months to a day; a day that the month lacks becomes its last (31 January + 1 = 28 February). */
export function addMonths(day: number, months: number): number {
  if (months === 0) return day
  const date = new Date(day * dayMs)
  const wanted = date.getUTCMonth() + months
  const first = new Date(Date.UTC(date.getUTCFullYear(), wanted, 1))
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), wanted + 1, 0)).getUTCDate()
  return first.getTime() / dayMs + Math.min(date.getUTCDate(), daysInMonth) - 1
}

/** How far local clocks are ahead of UTC, in milliseconds. */
function readOffset(format: Intl.DateTimeFormat, instant: number): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of format.formatToParts(instant)) parts[type] = value
  const year = Number(parts.year)
  const local = new Date(0)
  // Setting the year by itself: Date.UTC takes years below 100 for 19xx.
  local.setUTCFullYear(parts.era === 'BC' ? 1 - year : year, Number(parts.month) - 1, Number(parts.day))
  local.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second))
  return local.getTime() - Math.floor(instant / 1000) * 1000
}

function findStart(
  day: number,
  dayOf: (instant: number) => number,
  offsetAtMidnight: (day: number) => number,
): number {
  for (const near of [day, day - 1]) {
    const guess = day * dayMs - offsetAtMidnight(near)
    if (dayOf(guess) === day && dayOf(guess - 1) < day) return guess
  }
  return bisectStart(day, dayOf)
}

/** The local day grows with time, and no formula is right for every zone's changes of offset. */
function bisectStart(day: number, dayOf: (instant: number) => number): number {
  let before = day * dayMs - widestOffset
  let reached = day * dayMs + widestOffset
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2)
    if (dayOf(middle) >= day) reached = middle
    else before = middle
  }
  return reached
}
