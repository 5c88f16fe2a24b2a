import type { Calendar } from './calendar.ts'

/** The time at which a batch is decided: one for all its identities, so that they are judged alike. */
export interface Moment {
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly now: number
  /** The local day of `now`. */
  readonly today: number
  readonly calendar: Calendar
}

export function createMoment(now: Date, calendar: Calendar): Moment {
  return { now: now.getTime(), today: calendar.dayOf(now.getTime()), calendar }
}
