import type { Fact } from '../facts/fact-table.ts'
import type { Moment } from '../moment.ts'
import { answer } from '../operators/decorators.ts'
import type { Leaf } from './leaf-collection.ts'

/** A fact with more values than this repeats them too seldom: remembering them would cost more than comparing. */
const mostValues = 256

/**
 * The answers of every comparison of one fact with values that the policies name, by the value of the fact: a
 * department is compared once with all that the set asks of departments, however many people are in it. Only
 * comparisons that time cannot change take part.
 */
export class FactAnswers {
  readonly leaves: readonly number[]
  readonly #comparisons: readonly Leaf[]
  #known = new Map<string, readonly boolean[]>()
  #isUseful = true

  constructor(leaves: readonly number[], comparisons: readonly Leaf[]) {
    this.leaves = leaves
    this.#comparisons = comparisons
  }

  /** In the order of `leaves`; null where this fact has too many values to be remembered. */
  of(value: string, moment: Moment): readonly boolean[] | null {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    if (!this.#isUseful) return null
    if (this.#known.size >= mostValues) {
      this.#isUseful = false
      this.#known = new Map()
      return null
    }
    const answers = this.#comparisons.map(({ operator, against }) =>
      answer(operator, value, 'value' in against ? against.value : undefined, moment),
    )
    this.#known.set(value, answers)
    return answers
  }
}

/** By the fact's number; null where a fact is compared once only, has several values, or hangs on time. */
export function groupAnswers(
  leaves: readonly Leaf[],
  facts: readonly Fact[],
): readonly (FactAnswers | null)[] {
  return facts.map(({ kind }, fact) => {
    if (kind.list || kind.type !== 'string') return null
    const numbers = leaves.flatMap((leaf, number) =>
      leaf.fact === fact && 'value' in leaf.against && leaf.operator.nextFlip === undefined ? [number] : [],
    )
    const comparisons = numbers.flatMap((number) => leaves[number] ?? [])
    return numbers.length < 2 ? null : new FactAnswers(numbers, comparisons)
  })
}
