/** A date as people and sources write it: a whole day, or an instant. */
export type DateText =
  /** Days since 1970-01-01 of a `YYYY-MM-DD`, in no time zone yet. */
  | { readonly kind: 'day'; readonly day: number }
  /** Milliseconds since 1970-01-01T00:00Z of an RFC 3339 time. */
  | { readonly kind: 'instant'; readonly ms: number }

export const dayMs = 86_400_000

/** `YYYY-MM-DD` */
const dayLength = 10
const instantPattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** Offsets of an hour more are no time zone, and PostgreSQL reads none. */
const maxOffsetHour = 15

/**
 * Reads `YYYY-MM-DD` or an RFC 3339 time (an offset up to 15:59, up to nine digits of a second) of the years 1 to
 * 9999; null for anything else.
 */
export function parseDateText(text: string): DateText | null {
  if (text.length === dayLength) return parseDay(text)
  const match = instantPattern.exec(text)
  if (match === null) return null
  const day = readDay(Number(match[1]), Number(match[2]), Number(match[3]))
  if (day === null) return null
  const time = readTime(match)
  return time === null ? null : { kind: 'instant', ms: day * dayMs + time }
}

/** The instants of the years 1 to 9999 in UTC: those that JSON, JavaScript and PostgreSQL write alike. */
const [firstInstant, lastInstant] = [-62_135_596_800_000, 253_402_300_799_999]

/**
 * The instant a filter compares: a date without a time counts as its first moment in UTC. Null: not a date, or one
 * that its offset puts before the year 1 or after 9999.
 */
export function parseFilterInstant(text: string): number | null {
  const date = parseDateText(text)
  if (date === null) return null
  const ms = date.kind === 'day' ? date.day * dayMs : date.ms
  return ms >= firstInstant && ms <= lastInstant ? ms : null
}

/** Without a pattern: dates of a day are read for every person and every comparison with time. */
function parseDay(text: string): DateText | null {
  if (text[4] !== '-' || text[7] !== '-') return null
  const [century, year] = [readTwoDigits(text, 0), readTwoDigits(text, 2)]
  const [month, dayOfMonth] = [readTwoDigits(text, 5), readTwoDigits(text, 8)]
  const day = readDay(century * 100 + year, month, dayOfMonth)
  return day === null ? null : { kind: 'day', day }
}

/** Not a number where they are no digits, so that nothing made of them is a day. */
function readTwoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** Days since 1970-01-01 on the Gregorian calendar, of which the year here begins in March; null: no such day. */
function readDay(year: number, month: number, dayOfMonth: number): number | null {
  if (!(year >= 1)) return null
  if (!(month >= 1 && month <= 12 && dayOfMonth >= 1 && dayOfMonth <= daysInMonth(year, month))) return null
  const fromMarch = month > 2 ? year : year - 1
  const leapDays = Math.floor(fromMarch / 4) - Math.floor(fromMarch / 100) + Math.floor(fromMarch / 400)
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + dayOfMonth - 1
  return fromMarch * 365 + leapDays + dayOfYear - 719_468
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return 30 + ((month + (month > 7 ? 1 : 0)) % 2)
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Milliseconds from the day's start in UTC, which an offset may put before or after the day; null: no such time. */
function readTime(match: RegExpExecArray): number | null {
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])]
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > maxOffsetHour || offsetMinute > 59) return null
  const fraction = Number((match[7] ?? '0').padEnd(3, '0').slice(0, 3))
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === '-' ? -1 : 1)
  return ((hour * 60 + minute) * 60 + second) * 1000 + fraction - offset
}
