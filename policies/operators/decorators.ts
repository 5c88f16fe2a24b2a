import type { Moment } from '../moment.ts'
import { describeOperand, isList, membersOf, type Operand } from './operand.ts'
import { isAbsent, type Operator } from './operator.ts'

type Next = (left: unknown, right: unknown) => boolean

/** A word before an operator (`someFact:endsWith`) that changes what it is asked of, or its answer. */
export interface Decorator {
  readonly apply: (left: unknown, right: unknown, next: Next) => boolean
  readonly check: (left: Operand, right: Operand, next: Operator['check']) => string | null
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** json-rules-engine's decorators, with `everyFact` and `everyValue` of nothing false, and `ignoreCase`. */
export const decorators: ReadonlyMap<string, Decorator> = new Map<string, Decorator>([
  [
    'someFact',
    { apply: (left, right, next) => asList(left).some((each) => next(each, right)), check: checkFactList },
  ],
  [
    'everyFact',
    {
      apply: (left, right, next) =>
        asList(left).length > 0 && asList(left).every((each) => next(each, right)),
      check: checkFactList,
    },
  ],
  [
    'someValue',
    { apply: (left, right, next) => asList(right).some((each) => next(left, each)), check: checkValueList },
  ],
  [
    'everyValue',
    {
      apply: (left, right, next) =>
        asList(right).length > 0 && asList(right).every((each) => next(left, each)),
      check: checkValueList,
    },
  ],
  [
    'swap',
    { apply: (left, right, next) => next(right, left), check: (left, right, next) => next(right, left) },
  ],
  [
    'not',
    { apply: (left, right, next) => !next(left, right), check: (left, right, next) => next(left, right) },
  ],
  ['ignoreCase', { apply: (left, right, next) => next(fold(left), fold(right)), check: checkFoldable }],
])

/** The operator as the decorator changes it. */
export function decorate(decorator: Decorator, operator: Operator): Operator {
  return {
    test: (left, right, moment) => decorator.apply(left, right, (l, r) => answer(operator, l, r, moment)),
    // Decorators see absent values themselves: someFact of nothing is false, whatever the operator says.
    asksPresence: true,
    whenAbsent: operator.whenAbsent,
    check: (left, right) => decorator.check(left, right, operator.check),
    ...(operator.nextFlip === undefined ? {} : { nextFlip: flipOfAny(operator.nextFlip) }),
  }
}

/** The operator's answer, absent values included. */
export function answer(operator: Operator, left: unknown, right: unknown, moment: Moment): boolean {
  if (operator.asksPresence !== true && (isAbsent(left) || isAbsent(right))) return operator.whenAbsent
  return operator.test(left, right, moment)
}

/** A decorated answer can change when the answer for any member can. */
function flipOfAny(nextFlip: NonNullable<Operator['nextFlip']>): NonNullable<Operator['nextFlip']> {
  return (left, right, moment) => {
    const flips = members(left).flatMap((l) => members(right).map((r) => nextFlip(l, r, moment)))
    const later = flips.filter((flip) => flip !== null)
    return later.length === 0 ? null : Math.min(...later)
  }
}

function members(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function fold(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase()
  return Array.isArray(value) ? value.map(fold) : value
}

function checkFactList(left: Operand, right: Operand, next: Operator['check']): string | null {
  if (!isList(left)) return `needs a list, and this is ${describeOperand(left)}`
  return checkEach(membersOf(left), (member) => next(member, right))
}

function checkValueList(left: Operand, right: Operand, next: Operator['check']): string | null {
  if (!isList(right)) return `needs a list of values, not ${describeOperand(right)}`
  return checkEach(membersOf(right), (member) => next(left, member))
}

function checkFoldable(left: Operand, right: Operand, next: Operator['check']): string | null {
  for (const operand of [left, right]) {
    const texts = isList(operand) ? membersOf(operand) : [operand]
    if (!texts.every(isText)) return `ignores the case of text, and this is ${describeOperand(operand)}`
  }
  return next(left, right)
}

/** Dates are text to `equal`, but their letters mean something: `now-P14D` does not survive folding. */
function isText(operand: Operand): boolean {
  return operand.from === 'fact' ? operand.kind.type === 'string' : typeof operand.value === 'string'
}

function checkEach(operands: readonly Operand[], check: (operand: Operand) => string | null): string | null {
  for (const operand of operands) {
    const fault = check(operand)
    if (fault !== null) return fault
  }
  return null
}
