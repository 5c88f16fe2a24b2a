import { InvalidArgumentError } from 'commander'
import type { Clock } from '../../domain/clock.ts'

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const duration = /^(\d{1,6})([smhdw])$/
const dateTime = /^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/**
 * Makes a parser of times: RFC 3339, a date (its first moment in UTC), or a length of time such as `30m` or `7d`,
 * which counts from now into the direction given. It answers RFC 3339 in UTC.
 */
export function parseTime(clock: Clock, direction: 'past' | 'future'): (text: string) => string {
  return (text) => {
    const [, amount, unit] = duration.exec(text) ?? []
    if (amount !== undefined && unit !== undefined) {
      const length = Number(amount) * unitMs[unit as keyof typeof unitMs]
      return new Date(clock().getTime() + (direction === 'past' ? -length : length)).toISOString()
    }
    const written = dateTime.test(text) ? new Date(text) : null
    if (written === null || !isReal(written, text)) throw new InvalidArgumentError(expected)
    return written.toISOString()
  }
}

const expected =
  'A time is RFC 3339 (2026-03-31T12:00:00Z), a date (2026-03-31) or a length of time (30m, 12h, 7d).'

/** Date reads 30 February as 2 March: a day that does not come back as it went in does not exist. */
function isReal(time: Date, text: string): boolean {
  if (Number.isNaN(time.getTime())) return false
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10))
}
