import { createHash } from 'node:crypto'
import { type GroupsMark, readLastModified, windowStart } from './change-mark.ts'
import type { Listed } from './listing.ts'

/** When groups were changed, as their server says. */
export class GroupTimes {
  readonly #times: { readonly id: string; readonly time: number }[] = []
  #untimed = false

  add({ id, resource }: Listed): void {
    const time = readLastModified(resource)
    if (id === null || time === null) this.#untimed = true
    else this.#times.push({ id, time })
  }

  /** The newest of them; null where there is none, or where one does not say. */
  newest(): number | null {
    if (this.#untimed || this.#times.length === 0) return null
    return this.#times.reduce((newest, { time }) => Math.max(newest, time), Number.NEGATIVE_INFINITY)
  }

  /** The mark at this time of the server. */
  markAt(at: number): GroupsMark {
    const start = windowStart(at)
    const recent = this.#times.filter(({ time }) => time > start).map(({ id, time }) => `${time} ${id}`)
    const window = createHash('sha256').update(JSON.stringify(recent.toSorted())).digest('base64url')
    return { at, window }
  }

  /** Whether these show a change that the mark does not know: of groups that do not say, every look may. */
  differFrom(mark: GroupsMark): boolean {
    return this.#untimed || this.markAt(mark.at).window !== mark.window
  }
}
