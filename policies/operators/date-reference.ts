import { addMonths } from '../calendar.ts'
import { type DateText, dayMs, parseDateText } from '../date-text.ts'
import { remember } from '../remember.ts'

/** What `before` and `after` compare with: a date, or `now` moved by a duration (`now-P14D`). */
export type DateReference = DateText | NowReference
interface NowReference {
  readonly kind: 'now'
  readonly shift: Shift
}

/** A signed ISO 8601 duration. */
interface Shift {
  readonly months: number
  readonly days: number
  readonly ms: number
}

/** Hours are at most an age, so that no sum leaves the range of dates. */
const durationPattern =
  /^now(?:([+-])P(?=.)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)?$/

export const parseDateReference = remember(readDateReference, 20_000)

/**
 * Moves a date the other way: it is before `now-P14D` exactly when 14 days later it is before now. Whole days move
 * on the calendar, instants by 24 hours a day, both of which can be said exactly, whatever the clocks do.
 */
export function moveAgainst(date: DateText, { months, days, ms }: Shift): { date: DateText; ms: number } {
  if (date.kind === 'day') {
    return { date: { kind: 'day', day: addMonths(date.day, -months) - days }, ms: -ms }
  }
  const day = Math.floor(date.ms / dayMs)
  const moved = addMonths(day, -months) - days
  return { date: { kind: 'instant', ms: moved * dayMs + (date.ms - day * dayMs) }, ms: -ms }
}

function readDateReference(text: string): DateReference | null {
  const match = durationPattern.exec(text)
  if (match === null) return parseDateText(text)
  const sign = match[1] === '-' ? -1 : 1
  const [years, months, weeks, days, hours, minutes, seconds] = match
    .slice(2)
    .map((part) => Number(part ?? 0))
  const time = ((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)
  return {
    kind: 'now',
    shift: {
      // Adding zero keeps -0 out of what is compared.
      months: sign * ((years ?? 0) * 12 + (months ?? 0)) + 0,
      days: sign * ((weeks ?? 0) * 7 + (days ?? 0)) + 0,
      ms: sign * time * 1000 + 0,
    },
  }
}
