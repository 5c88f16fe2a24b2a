import { areComparable, describeOperand, isList, membersOf, type Operand } from './operand.ts'
import type { Operator } from './operator.ts'

const isEqual = (left: unknown, right: unknown) => left === right
const isIn = (left: unknown, right: unknown) => Array.isArray(right) && right.includes(left)
const contains = (left: unknown, right: unknown) => isIn(right, left)
const containsAny = (left: unknown, right: unknown) =>
  Array.isArray(left) && Array.isArray(right) && right.some((value) => left.includes(value))
const containsAll = (left: unknown, right: unknown) =>
  Array.isArray(left) && Array.isArray(right) && right.every((value) => left.includes(value))

/** Equality and membership: strict, as json-rules-engine's own, but for what is absent. */
export const equalityOperators = {
  equal: { test: isEqual, whenAbsent: false, check: checkEqual },
  notEqual: { test: (left, right) => left !== right, whenAbsent: true, check: checkEqual },
  in: { test: isIn, whenAbsent: false, check: checkIn },
  notIn: { test: (left, right) => !isIn(left, right), whenAbsent: true, check: checkIn },
  contains: { test: contains, whenAbsent: false, check: checkContains },
  doesNotContain: { test: (left, right) => !contains(left, right), whenAbsent: true, check: checkContains },
  containsAny: { test: containsAny, whenAbsent: false, check: checkLists },
  containsAll: { test: containsAll, whenAbsent: false, check: checkLists },
} satisfies Readonly<Record<string, Operator>>

function checkEqual(left: Operand, right: Operand): string | null {
  if (isList(left))
    return `compares single values, and this is ${describeOperand(left)}; contains looks into it`
  return areComparable(left, right)
    ? null
    : `cannot compare ${describeOperand(left)} with ${describeOperand(right)}`
}

function checkIn(left: Operand, right: Operand): string | null {
  if (!isList(right)) return `needs a list of values, not ${describeOperand(right)}`
  return firstFault(membersOf(right), (member) => checkEqual(left, member))
}

function checkContains(left: Operand, right: Operand): string | null {
  if (!isList(left)) return `looks into a list, and this is ${describeOperand(left)}`
  return firstFault(membersOf(left), (member) => checkEqual(member, right))
}

function checkLists(left: Operand, right: Operand): string | null {
  if (!isList(right)) return `needs a list of values, not ${describeOperand(right)}`
  return firstFault(membersOf(right), (member) => checkContains(left, member))
}

function firstFault(operands: readonly Operand[], check: (operand: Operand) => string | null): string | null {
  for (const operand of operands) {
    const fault = check(operand)
    if (fault !== null) return fault
  }
  return null
}
