import { suggestName } from '../suggestion.ts'
import { dateOperators } from './dates.ts'
import { decorate, decorators } from './decorators.ts'
import { equalityOperators } from './equality.ts'
import { numberOperators } from './numbers.ts'
import type { Operator } from './operator.ts'
import { presenceOperators } from './presence.ts'
import { textOperators } from './text.ts'

/** Every operator by name: json-rules-engine's with our semantics of absence, and our own. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>(
  Object.entries({
    ...equalityOperators,
    ...numberOperators,
    ...textOperators,
    ...dateOperators,
    ...presenceOperators,
  }),
)

/** An operator as a policy names it, with what its decorators make of it. */
export interface NamedOperator {
  readonly operator: Operator
  readonly base: string
  readonly decorators: readonly string[]
}

/** Reads `someFact:ignoreCase:endsWith`. A text instead of an operator says what is not known. */
export function findOperator(name: string): NamedOperator | string {
  const words = name.split(':')
  const base = words.pop() ?? ''
  let operator = operators.get(base)
  if (operator === undefined) return `unknown operator "${base}"${suggestName(base, operators.keys())}`
  for (const word of words.toReversed()) {
    const decorator = decorators.get(word)
    if (decorator === undefined) return `unknown decorator "${word}"${suggestName(word, decorators.keys())}`
    operator = decorate(decorator, operator)
  }
  if (base === 'matches' && words.includes('ignoreCase')) {
    // Folding a pattern would change what it means: \\D and \\d are opposites.
    return '"matches" takes no ignoreCase; write (?i) at the start of the pattern'
  }
  return { operator, base, decorators: words }
}
