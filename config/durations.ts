import { parseDuration } from '../connectors/duration.ts'
import { duration } from '../connectors/mapping-schema.ts'

/** A length of time within bounds, as people write it; milliseconds once it is read. */
export function durationWithin(least: string, most: string) {
  return duration
    .refine((text) => isWithin(text, parseDuration(least), parseDuration(most)), {
      error: `a duration from ${least} to ${most}`,
    })
    .transform(parseDuration)
}

/** Milliseconds as people write them: `90s`, `5m`, `24h`, `30d`. */
export function formatDuration(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const
  const unit = units.find(([, length]) => milliseconds % length === 0)
  return unit === undefined ? `${milliseconds / 1000}s` : `${milliseconds / unit[1]}${unit[0]}`
}

function isWithin(text: string, least: number, most: number): boolean {
  // What is no duration at all is the other check's to tell.
  if (!/^[1-9][0-9]*(s|m|h|d)$/.test(text)) return true
  const length = parseDuration(text)
  return length >= least && length <= most
}
