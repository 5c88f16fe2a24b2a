const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration such as `30s`, `5m`, `24h` or `30d`, as the schema let it through. */
export function parseDuration(text: string): number {
  const unit = units[text.slice(-1)]
  const count = Number(text.slice(0, -1))
  if (unit === undefined || !Number.isInteger(count)) throw new RangeError(`not a duration: ${text}`)
  return count * unit
}
