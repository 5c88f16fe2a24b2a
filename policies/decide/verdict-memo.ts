import { reachVerdict, type Verdict } from './assemble-decision.ts'
import type { CompiledPolicy } from './compile-policy-set.ts'

const limit = 10_000

/** Verdicts by the policies that matched: a population falls into few such groups. */
export class VerdictMemo {
  readonly #known = new Map<string, Verdict>()

  /** `matching` comes in the set's order. */
  of(matching: readonly CompiledPolicy[]): Verdict {
    let key = ''
    for (const { number } of matching) key += String.fromCharCode(number)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const verdict = reachVerdict(matching)
    if (this.#known.size >= limit) this.#known.clear()
    this.#known.set(key, verdict)
    return verdict
  }
}
