/** Times are RFC 3339 text. Two texts of one instant may differ (offset, fraction), so instants are compared. */
export function isAfter(time: string, other: string): boolean {
  return Date.parse(time) > Date.parse(other)
}

export function addMilliseconds(time: string, milliseconds: number): string {
  return new Date(Date.parse(time) + milliseconds).toISOString()
}

/** The earliest of the times, in UTC, or null when there is none. */
export function earliest(times: Iterable<string | null>): string | null {
  let first: number | null = null
  for (const time of times) {
    if (time === null) continue
    const at = Date.parse(time)
    if (first === null || at < first) first = at
  }
  return first === null ? null : new Date(first).toISOString()
}
