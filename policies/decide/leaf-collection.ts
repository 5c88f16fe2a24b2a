import { canonicalJson } from '../../domain/canonical-json.ts'
import type { Comparison } from '../condition.ts'
import type { Fact, FactTable } from '../facts/fact-table.ts'
import type { Operator } from '../operators/operator.ts'
import { findOperator } from '../operators/operator-table.ts'
import type { LeafNumbering } from './compile-rule.ts'

/** One comparison, however many policies make it. */
export interface Leaf {
  readonly comparison: Comparison
  readonly operator: Operator
  /** Which of the set's facts is compared. */
  readonly fact: number
  /** With what: the policy's value, or another fact. */
  readonly against: { readonly fact: number } | { readonly value: unknown }
}

/** Comparisons that are alike are made once for an identity. */
export class LeafCollection implements LeafNumbering {
  readonly leaves: Leaf[] = []
  readonly facts: Fact[] = []
  readonly #table: FactTable
  readonly #leafNumbers = new Map<string, number>()
  readonly #factNumbers = new Map<string, number>()

  constructor(table: FactTable) {
    this.#table = table
  }

  numberOf(comparison: Comparison): number {
    const { fact, operator, value } = comparison
    const key = canonicalJson([fact, operator, value])
    const known = this.#leafNumbers.get(key)
    if (known !== undefined) return known
    const named = findOperator(operator)
    if (typeof named === 'string') throw new RangeError(`The policy set has an ${named}.`)
    const number = this.leaves.push({
      comparison: { fact, operator, value },
      operator: named.operator,
      fact: this.#numberFact(fact),
      against: this.#readAgainst(value),
    })
    this.#leafNumbers.set(key, number - 1)
    return number - 1
  }

  #readAgainst(value: unknown): Leaf['against'] {
    if (typeof value !== 'object' || value === null || !('fact' in value)) return { value }
    return { fact: this.#numberFact(String(value.fact)) }
  }

  #numberFact(name: string): number {
    const known = this.#factNumbers.get(name)
    if (known !== undefined) return known
    const fact = this.#table.find(name)
    if (fact === null) throw new RangeError(`The policy set has an unknown fact "${name}".`)
    const number = this.facts.push(fact) - 1
    this.#factNumbers.set(name, number)
    return number
  }
}
