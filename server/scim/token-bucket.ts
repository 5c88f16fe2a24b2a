/** How many requests a connection may make. */
export interface Rate {
  /** Requests that come back each second. */
  readonly perSecond: number
  /** Requests that may come at once. */
  readonly burst: number
}

/** A token bucket: full at first, refilled steadily. Of one process; several share nothing. */
export class TokenBucket {
  readonly #rate: Rate
  readonly #now: () => number
  #level: number
  #filledAt: number

  /** `now` in milliseconds; it need not be the time of day. */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate
    this.#now = now
    this.#level = rate.burst
    this.#filledAt = now()
  }

  /** Takes one; null: it was there. Otherwise the whole seconds after which there will be one again. */
  take(): number | null {
    const now = this.#now()
    const { perSecond, burst } = this.#rate
    // A clock that was set back gives nothing and takes nothing.
    const gained = Math.max(0, now - this.#filledAt) * (perSecond / 1000)
    this.#level = Math.min(burst, this.#level + gained)
    this.#filledAt = now
    if (this.#level >= 1) {
      this.#level -= 1
      return null
    }
    return Math.max(1, Math.ceil((1 - this.#level) / perSecond))
  }
}
