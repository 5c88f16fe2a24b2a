import { median, type Series } from '../challenges/measure.ts'
import type { Cost } from './side.ts'

/** A line of figures: rate, latencies, and the CPU of each part where it was looked at. */
export function printSeries(name: string, series: Series, cost?: Cost): void {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => formatMs(series.percentile(share)))
  const failed = series.failed === 0 ? '' : `  ${series.failed} failed`
  const cpu =
    cost === undefined
      ? ''
      : `   CPU ${formatMs(median(cost.server))} server${
          Number.isNaN(median(cost.database)) ? '' : ` + ${formatMs(median(cost.database))} PostgreSQL`
        } + ${formatMs(median(cost.load))} load`
  console.log(
    `    ${name.padEnd(22)}${`${Math.round(series.rate)}/s`.padStart(9)}   p50 ${p50}  p95 ${p95}  p99 ${p99} ms${cpu}${failed}`,
  )
}

const bars: string[] = []

/** What was to reach, and whether it was. Said again at the end, together. */
export function printBar(what: string, isMet: boolean): void {
  const line = `${isMet ? 'met   ' : 'MISSED'}  ${what}`
  bars.push(line)
  console.log(`    ${line}`)
}

export function printBars(): void {
  console.log('\nTo reach')
  for (const bar of bars) console.log(`  ${bar}`)
}

export function formatMs(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(2) : milliseconds.toFixed(1)
}
