/** Latencies of one kind of call, in milliseconds, and its rate a second, round by round. */
export class Series {
  readonly latencies: number[] = []
  readonly rates: number[] = []
  failed = 0

  percentile(share: number): number {
    const sorted = this.latencies.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  }

  get rate(): number {
    return median(this.rates)
  }
}

/** One round: `count` calls by `callers` at a time. A call that throws is counted, and its latency is not. */
export async function runRound(
  series: Series,
  callers: number,
  count: number,
  call: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const start = performance.now()
  const work = async () => {
    while (next < count) {
      const index = next++
      const from = performance.now()
      try {
        await call(index)
        series.latencies.push(performance.now() - from)
      } catch (error) {
        series.failed += 1
        if (series.failed === 1) console.error(error)
      }
    }
  }
  await Promise.all(Array.from({ length: callers }, work))
  series.rates.push((count * 1000) / (performance.now() - start))
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Round by round, so that what slows the machine for a while slows both sides. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = theirs.map((each, round) => each / (ours[round] ?? Number.NaN))
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`
}
