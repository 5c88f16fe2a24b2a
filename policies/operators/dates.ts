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

/** A date lasts from its start up to but without its end; an instant is one millisecond long. */
type Edge = 'start' | 'end'

interface DayRange {
  readonly from: number
  readonly to: number
}

/** Days are read faster than they are remembered. */
const readInstant = remember(parseDateText, 20_000)
const readDate = (text: string) => (text.length > 10 ? readInstant(text) : parseDateText(text))

function isBefore(left: unknown, right: unknown, moment: Moment): boolean {
  const gap = measureGap(left, right, moment, 'end')
  return gap !== null && gap <= 0
}

function isAfter(left: unknown, right: unknown, moment: Moment): boolean {
  const gap = measureGap(left, right, moment, 'start')
  return gap !== null && gap >= 0
}

function isWithinDays(left: unknown, right: unknown, moment: Moment): boolean {
  const day = readDay(left, moment)
  const range = readRange(right)
  if (day === null || range === null) return false
  const distance = day - moment.today
  return distance >= range.from && distance <= range.to
}

/** The date's edge, while it is still to come and the reference moves towards it. */
function flipAt(left: unknown, right: unknown, moment: Moment, edge: Edge): number | null {
  if (typeof right !== 'string' || parseDateReference(right)?.kind !== 'now') return null
  const gap = measureGap(left, right, moment, edge)
  if (gap === null) return null
  const at = moment.now + gap + (edge === 'start' ? 1 : 0)
  return at > moment.now ? at : null
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

/**
 * Milliseconds from the reference to one edge of the date; null where either is no date. The end is measured from
 * the reference's start, the start from its end. Where the reference is `now`, its duration moves the date instead.
 */
function measureGap(left: unknown, right: unknown, moment: Moment, edge: Edge): number | null {
  const date = typeof left === 'string' ? readDate(left) : null
  const reference = typeof right === 'string' ? parseDateReference(right) : null
  if (date === null || reference === null) return null
  const facing = edge === 'end' ? 'start' : 'end'
  if (reference.kind !== 'now') return edgeOf(date, edge, moment) - edgeOf(reference, facing, moment)
  const moved = moveAgainst(date, reference.shift)
  return edgeOf(moved.date, edge, moment) + moved.ms - (moment.now + (facing === 'end' ? 1 : 0))
}

function edgeOf(date: DateText, edge: Edge, { calendar }: Moment): number {
  const atEnd = edge === 'end' ? 1 : 0
  return date.kind === 'instant' ? date.ms + atEnd : calendar.startOf(date.day + atEnd)
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
