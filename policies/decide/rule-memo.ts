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

  /** The answer where it is known, and else a promise of it: who decides thousands awaits only what is new. */
  ask(isTrue: (leaf: number) => boolean): boolean | Promise<boolean> {
    const vector = this.#readVector(isTrue)
    return this.#known.get(vector) ?? this.#askEngine(vector, isTrue)
  }

  async #askEngine(vector: Vector, isTrue: (leaf: number) => boolean): Promise<boolean> {
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
