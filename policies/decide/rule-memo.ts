import { askEngine } from './ask-engine.ts'
import type { CompiledRule } from './compile-rule.ts'

/** Remembered results of one rule. Beyond it, all are forgotten: a rule with so many is rare and still right. */
const limit = 10_000
/** Leaves that fit a number's 31 bits; more are kept as text. */
const leavesInNumber = 31

type Vector = number | string

/** A rule's answers by the results of its leaves: json-rules-engine is asked once for each different vector. */
export class RuleMemo {
  readonly #rule: CompiledRule
  readonly #known = new Map<Vector, boolean>()

  constructor(rule: CompiledRule) {
    this.#rule = rule
  }

  /** The answer where it is known; undefined where the engine has not been asked yet. */
  recall(isTrue: (leaf: number) => boolean): boolean | undefined {
    return this.#known.get(this.#readVector(isTrue))
  }

  async ask(isTrue: (leaf: number) => boolean): Promise<boolean> {
    const vector = this.#readVector(isTrue)
    const known = this.#known.get(vector)
    if (known !== undefined) return known
    const answer = await askEngine(this.#rule, isTrue)
    if (this.#known.size >= limit) this.#known.clear()
    this.#known.set(vector, answer)
    return answer
  }

  #readVector(isTrue: (leaf: number) => boolean): Vector {
    const { leaves } = this.#rule
    if (leaves.length > leavesInNumber) return leaves.map((leaf) => (isTrue(leaf) ? '1' : '0')).join('')
    let vector = 0
    for (const leaf of leaves) vector = (vector << 1) | (isTrue(leaf) ? 1 : 0)
    return vector
  }
}
