import type { DeliveryChannel } from '../../domain/delivery.ts'

/** How many messages one process sends at a time on a channel, and how many may wait for how many milliseconds. */
export interface SlotLimits {
  readonly atOnce: number
  readonly waiting: number
  readonly patience: number
}

export const defaultSlotLimits: SlotLimits = { atOnce: 8, waiting: 200, patience: 3000 }

interface Line {
  busy: number
  readonly waiting: Set<() => void>
}

/** Lets so many in at a time on each channel, first come first served. */
export class SendSlots {
  readonly #limits: SlotLimits
  readonly #lines: Readonly<Record<DeliveryChannel, Line>> = {
    email: { busy: 0, waiting: new Set() },
    sms: { busy: 0, waiting: new Set() },
  }

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  /** Runs `work` in a slot; `full` where none came free in time. */
  async run<Result>(channel: DeliveryChannel, work: () => Promise<Result>): Promise<Result | 'full'> {
    const line = this.#lines[channel]
    if (!(await this.#enter(line))) return 'full'
    try {
      return await work()
    } finally {
      line.busy -= 1
      const [next] = line.waiting
      next?.()
    }
  }

  #enter(line: Line): Promise<boolean> {
    if (line.busy < this.#limits.atOnce) {
      line.busy += 1
      return Promise.resolve(true)
    }
    if (line.waiting.size >= this.#limits.waiting) return Promise.resolve(false)
    return new Promise((resolve) => {
      const take = () => {
        clearTimeout(timer)
        line.waiting.delete(take)
        line.busy += 1
        resolve(true)
      }
      const timer = setTimeout(() => {
        line.waiting.delete(take)
        resolve(false)
      }, this.#limits.patience)
      line.waiting.add(take)
    })
  }
}
