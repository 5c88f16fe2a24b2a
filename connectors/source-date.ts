/** How a source writes a time. */
export type DateFormat = 'generalizedTime' | 'filetime' | 'epochDays' | 'iso'

/** The time that an attribute says, or null where it says "never". */
export interface SourceDate {
  readonly at: Date | null
  /** A day without a time: it lasts until its end (UTC). */
  readonly wholeDay: boolean
}

const never: SourceDate = { at: null, wholeDay: false }
const dayLength = 86_400_000

/** Reads a time in a format that the configuration names; undefined where the text is none. */
export function parseDate(text: string, format: DateFormat): SourceDate | undefined {
  switch (format) {
    case 'generalizedTime':
      return parseGeneralizedTime(text)
    case 'filetime':
      return parseFiletime(text)
    case 'epochDays':
      return parseEpochDays(text)
    case 'iso':
      return parseIso(text)
  }
}

/** Reads a time in any format whose texts cannot be taken for another's: all but `epochDays`. */
export function parseAnyDate(text: string): SourceDate | undefined {
  return parseIso(text) ?? parseGeneralizedTime(text) ?? parseFiletime(text)
}

/** The canonical text: `YYYY-MM-DD` for a day, RFC 3339 in UTC for a time; null for never. */
export function formatDate(date: SourceDate): string | null {
  if (date.at === null) return null
  const text = date.at.toISOString()
  return date.wholeDay ? text.slice(0, 10) : text
}

/** The moment at which the time is over: of a whole day its end. Null for never. */
export function endOf(date: SourceDate): Date | null {
  return date.at && date.wholeDay ? new Date(date.at.getTime() + dayLength) : date.at
}

/** RFC 4517 section 3.3.13, with the minutes and seconds that may be left out. */
function parseGeneralizedTime(text: string): SourceDate | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?(?:[.,](\d+))?(Z|[+-]\d\d(?:\d\d)?)$/.exec(text)
  if (!found) return undefined
  const [, year, month, day, hour, minute = '00', second = '00', , zone = 'Z'] = found
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3) || '00'}`
  return checked(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`, false)
}

/** Intervals of 100 ns since 1601-01-01; Active Directory writes 0 and 2^63-1 for never. */
function parseFiletime(text: string): SourceDate | undefined {
  if (text === '0') return never
  if (!/^\d{16,19}$/.test(text)) return undefined
  const milliseconds = Number(BigInt(text) / 10_000n) - 11_644_473_600_000
  const at = new Date(milliseconds)
  // The maximum and its neighbours lie in the year 30828.
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() > 9999) return never
  return { at, wholeDay: false }
}

/** Days since 1970-01-01 (shadowExpire): over when that day begins; a negative number means never. */
function parseEpochDays(text: string): SourceDate | undefined {
  if (!/^-?\d{1,7}$/.test(text)) return undefined
  const days = Number(text)
  return days < 0 ? never : { at: new Date(days * dayLength), wholeDay: false }
}

function parseIso(text: string): SourceDate | undefined {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return checked(`${text}T00:00:00Z`, true)
  if (/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)$/.test(text))
    return checked(
      text
        .replace(' ', 'T')
        .replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
        .toUpperCase(),
      false,
    )
  return undefined
}

/** Refuses dates that do not exist: JavaScript takes the 31st of February for the 3rd of March. */
function checked(iso: string, wholeDay: boolean): SourceDate | undefined {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return undefined
  const day = new Date(`${iso.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== iso.slice(0, 10)) return undefined
  return { at, wholeDay }
}
