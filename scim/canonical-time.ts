const strictTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
/** Also without seconds, zone (then UTC) or the colon in the offset, with a blank for the T, and in lower case. */
const tolerantTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i

/**
 * A dateTime (RFC 7643 section 2.3.5) as RFC 3339 in UTC, to the millisecond: .NET sends seven digits, and any offset
 * may come. A plain day stays one. Undefined where the text is neither, or a day that no calendar has.
 */
export function canonicalTime(text: string, strict: boolean): string | undefined {
  if (!isCalendarDay(text.slice(0, 10))) return undefined
  if (text.length === 10) return text
  if (!(strict ? strictTime : tolerantTime).test(text)) return undefined
  // JavaScript takes hour 24 for the next day; RFC 3339 has none.
  if (Number(text.slice(11, 13)) > 23) return undefined
  const at = new Date(withZone(text.replace(' ', 'T').toUpperCase()))
  if (Number.isNaN(at.getTime())) return undefined
  const canonical = at.toISOString()
  // An offset may lead out of the years 0001 to 9999, which are those of PostgreSQL and of four digits.
  return canonical.length === 24 && canonical.slice(0, 4) !== '0000' ? canonical : undefined
}

function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false
  const day = new Date(`${text}T00:00:00Z`)
  // JavaScript takes the 31st of February for the 3rd of March.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

function withZone(text: string): string {
  if (text.endsWith('Z')) return text
  if (!/[+-]\d\d:?\d\d$/.test(text.slice(11))) return `${text}Z`
  return text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
}
