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
/** Both conversions ask Intl, at a microsecond or more; the same dates recur over a population. */
const rememberedDates = 20_000

/** Opens the calendar of an IANA time zone. Throws a RangeError for an unknown one. */
export function openCalendar(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    era: 'short',
  })
  if (format.resolvedOptions().timeZone === 'UTC') return utcCalendar
  const dayOf = remember((instant: number) => readLocalDay(format, instant), rememberedDates)
  const startOf = remember(
    (day: number) => findStart(day, (instant) => readLocalDay(format, instant)),
    rememberedDates,
  )
  return { dayOf, startOf }
}

const utcCalendar: Calendar = {
  dayOf: (instant) => Math.floor(instant / dayMs),
  startOf: (day) => day * dayMs,
}

/** Adds calendar months to a day; a day that the month lacks becomes its last (31 January + 1 = 28 February). */
export function addMonths(day: number, months: number): number {
  const date = new Date(day * dayMs)
  const wanted = date.getUTCMonth() + months
  const first = new Date(Date.UTC(date.getUTCFullYear(), wanted, 1))
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), wanted + 1, 0)).getUTCDate()
  return first.getTime() / dayMs + Math.min(date.getUTCDate(), daysInMonth) - 1
}

function readLocalDay(format: Intl.DateTimeFormat, instant: number): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of format.formatToParts(instant)) parts[type] = value
  const year = Number(parts.year)
  const date = new Date(0)
  // Setting the year by itself: Date.UTC takes years below 100 for 19xx.
  date.setUTCFullYear(parts.era === 'BC' ? 1 - year : year, Number(parts.month) - 1, Number(parts.day))
  return date.getTime() / dayMs
}

/** Bisects: the local day grows with time, and no formula is right for every zone's changes of offset. */
function findStart(day: number, dayOf: (instant: number) => number): number {
  let before = day * dayMs - widestOffset
  let reached = day * dayMs + widestOffset
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2)
    if (dayOf(middle) >= day) reached = middle
    else before = middle
  }
  return reached
}
