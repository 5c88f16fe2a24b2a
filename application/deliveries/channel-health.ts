/** Faults in a row after which a channel is sick, and milliseconds that it stays so after the last. */
const [faultsInRow, sickFor] = [3, 30_000] as const

/**
 * Which channels failed lately, in this process. A sick one is tried after the healthy ones, not never: when all are
 * sick the order is the usual one, and after half a minute the first message tries it again.
 */
export class ChannelHealth {
  readonly #faults = new Map<string, { count: number; at: number }>()

  note(label: string, isWell: boolean, now: Date): void {
    if (isWell) this.#faults.delete(label)
    else this.#faults.set(label, { count: (this.#faults.get(label)?.count ?? 0) + 1, at: now.getTime() })
  }

  isSick(label: string, now: Date): boolean {
    const faults = this.#faults.get(label)
    return faults !== undefined && faults.count >= faultsInRow && now.getTime() - faults.at < sickFor
  }
}
