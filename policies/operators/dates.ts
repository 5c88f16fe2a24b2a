import { type DateText, parseDateText } from '../date-text.ts'
import type { Moment } from '../moment.ts'
import { remember } from '../remember.ts'
import { moveAgainst, parseDateReference } from './date-reference.ts'
import { describeOperand, isSingle, type Operand } from './operand.ts'
import type { Operator } from './operator.ts'

/**
 * Comparisons with time. A date without a time is its whole day in the set's time zone: it is before what follows
 * its end and after what precedes its start, so that today is neither before nor after now.
 */
export const dateOperators = {
  before: {
    test: isBefore,
    whenAbsent: false,
    check: checkReference,
    nextFlip: (l, r, m) => flipAt(l, r, m, 'end'),
  },
  after: {
    test: isAfter,
    whenAbsent: false,
    check: checkReference,
    nextFlip: (l, r, m) => flipAt(l, r, m, 'start'),
  },
  withinDays: { test: isWithinDays, whenAbsent: false, check: checkRange, nextFlip: flipOfRange },
} satisfies Readonly<Record<string, Operator>>

/** Instants from `start` up to but without `end`; an instant is one millisecond long. */
interface Span {
  readonly start: number
  readonly end: number
}

interface DayRange {
  readonly from: number
  readonly to: number
}

const readDate = remember(parseDateText, 20_000)

function isBefore(left: unknown, right: unknown, moment: Moment): boolean {
  const spans = readSpans(left, right, moment)
  return spans !== null && spans.date.end <= spans.reference.start
}

function isAfter(left: unknown, right: unknown, moment: Moment): boolean {
  const spans = readSpans(left, right, moment)
  return spans !== null && spans.date.start >= spans.reference.end
}

function isWithinDays(left: unknown, right: unknown, moment: Moment): boolean {
  const day = readDay(left, moment)
  const range = readRange(right)
  if (day === null || range === null) return false
  const distance = day - moment.today
  return distance >= range.from && distance <= range.to
}

function flipAt(left: unknown, right: unknown, moment: Moment, edge: keyof Span): number | null {
  const spans = readSpans(left, right, moment)
  if (spans === null || !spans.moving) return null
  return spans.date[edge] > moment.now ? spans.date[edge] : null
}

/** The range is entered at the start of the day `to` before the date, and left after the day `from` before it. */
function flipOfRange(left: unknown, right: unknown, moment: Moment): number | null {
  const day = readDay(left, moment)
  const range = readRange(right)
  if (day === null || range === null) return null
  for (const edge of [day - range.to, day - range.from + 1]) {
    if (edge > moment.today) return moment.calendar.startOf(edge)
  }
  return null
}

/** The date's span and the reference's. Where the reference is `now`, the duration has moved the date instead. */
function readSpans(left: unknown, right: unknown, moment: Moment) {
  const date = typeof left === 'string' ? readDate(left) : null
  const reference = typeof right === 'string' ? parseDateReference(right) : null
  if (date === null || reference === null) return null
  if (reference.kind !== 'now') {
    return { date: spanOf(date, moment), reference: spanOf(reference, moment), moving: false }
  }
  const moved = moveAgainst(date, reference.shift)
  const span = spanOf(moved.date, moment)
  return {
    date: { start: span.start + moved.ms, end: span.end + moved.ms },
    reference: { start: moment.now, end: moment.now + 1 },
    moving: true,
  }
}

function spanOf(date: DateText, { calendar }: Moment): Span {
  if (date.kind === 'instant') return { start: date.ms, end: date.ms + 1 }
  return { start: calendar.startOf(date.day), end: calendar.startOf(date.day + 1) }
}

function readDay(value: unknown, { calendar }: Moment): number | null {
  const date = typeof value === 'string' ? readDate(value) : null
  if (date === null) return null
  return date.kind === 'day' ? date.day : calendar.dayOf(date.ms)
}

function readRange(value: unknown): DayRange | null {
  if (typeof value === 'number') return { from: -value, to: value }
  if (typeof value !== 'object' || value === null) return null
  const { from, to } = value as Partial<Record<keyof DayRange, unknown>>
  return typeof from === 'number' && typeof to === 'number' ? { from, to } : null
}

function checkReference(left: Operand, right: Operand): string | null {
  const fault = checkDate(left)
  if (fault !== null || (right.from === 'fact' && isSingle(right, 'date'))) return fault
  const known =
    right.from === 'policy' && typeof right.value === 'string' && parseDateReference(right.value) !== null
  return known
    ? null
    : 'compares with YYYY-MM-DD, an RFC 3339 time, now, or now moved by a duration (now-P14D)'
}

function checkRange(left: Operand, right: Operand): string | null {
  const fault = checkDate(left)
  if (fault !== null) return fault
  const range = right.from === 'policy' ? readRange(right.value) : null
  const keys =
    right.from === 'policy' && typeof right.value === 'object' ? Object.keys(right.value ?? {}).length : 2
  if (range === null || keys !== 2 || !Number.isInteger(range.from) || !Number.isInteger(range.to)) {
    return 'takes a whole number of days, or {"from": -14, "to": 30}'
  }
  if (Math.abs(range.from) > 100_000 || Math.abs(range.to) > 100_000) return 'takes at most 100000 days'
  return range.from <= range.to ? null : 'takes a range whose "from" is not greater than its "to"'
}

function checkDate(left: Operand): string | null {
  return isSingle(left, 'date') && left.from === 'fact'
    ? null
    : `looks at a date, not ${describeOperand(left)}`
}
