import { compileFilter, type FilterPredicate } from '../filter/evaluate-filter.ts'
import { parseFilter } from '../filter/parse-filter.ts'
import type { PolicySettings } from '../policy-settings.ts'

/** Targets that are written alike are evaluated once for an identity. */
export class TargetCollection {
  readonly predicates: FilterPredicate[] = []
  readonly #settings: PolicySettings
  readonly #numbers = new Map<string, number>()

  constructor(settings: PolicySettings) {
    this.#settings = settings
  }

  add(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.predicates.push(compileFilter(parseFilter(text, this.#settings.customAttributes))) - 1
    this.#numbers.set(text, number)
    return number
  }
}
