import { setTimeout as delay } from 'node:timers/promises'

/** Parts in the order of their start; stopped the other way round, each even when another fails. */
export class StartedParts {
  readonly #stops: (() => Promise<void> | void)[] = []

  add(stop: () => Promise<void> | void): void {
    this.#stops.push(stop)
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) {
      await Promise.resolve()
        .then(stop)
        .catch(() => undefined)
    }
  }

  /** Stops them; false when they have not ended after this many milliseconds. */
  async stopWithin(milliseconds: number): Promise<boolean> {
    const late = new AbortController()
    const isDone = await Promise.race([
      this.stop().then(() => true),
      delay(milliseconds, false, { signal: late.signal }),
    ])
    late.abort()
    return isDone
  }
}
