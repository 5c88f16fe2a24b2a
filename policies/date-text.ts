/** A date as people and sources write it: a whole day, or an instant. */
export type DateText =
  /** Days since 1970-01-01 of a `YYYY-MM-DD`, in no time zone yet. */
  | { readonly kind: 'day'; readonly day: number }
  /** Milliseconds since 1970-01-01T00:00Z of an RFC 3339 time. */
  | { readonly kind: 'instant'; readonly ms: number }

export const dayMs = 86_400_000

const datePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2})))?$/

/** Reads `YYYY-MM-DD` or an RFC 3339 time (any offset, up to nine digits of a second); null for anything else. */
export function parseDateText(text: string): DateText | null {
  const match = datePattern.exec(text)
  if (match === null) return null
  const day = readDay(Number(match[1]), Number(match[2]), Number(match[3]))
  if (day === null) return null
  if (match[4] === undefined) return { kind: 'day', day }
  const time = readTime(match)
  return time === null ? null : { kind: 'instant', ms: day * dayMs + time }
}

/** The instant a filter compares: a date without a time counts as its first moment in UTC. Null: not a date. */
export function parseFilterInstant(text: string): number | null {
  const date = parseDateText(text)
  if (date === null) return null
  return date.kind === 'day' ? date.day * dayMs : date.ms
}

function readDay(year: number, month: number, dayOfMonth: number): number | null {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, dayOfMonth)
  // Date rolls 30 February over into March: a day that does not come back as it went in does not exist.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== dayOfMonth) return null
  return date.getTime() / dayMs
}

/** Milliseconds from the day's start in UTC, which an offset may put before or after the day; null: no such time. */
function readTime(match: RegExpExecArray): number | null {
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])]
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return null
  const fraction = Number((match[7] ?? '0').padEnd(3, '0').slice(0, 3))
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === '-' ? -1 : 1)
  return ((hour * 60 + minute) * 60 + second) * 1000 + fraction - offset
}
