import { describeOperand, isSingle, type Operand } from './operand.ts'
import type { Operator } from './operator.ts'

type Order = (left: number, right: number) => boolean

/**
 * Order of numbers. Text that is wholly a number compares as one (`employeeNumber` is text in SCIM); anything else
 * is in no order to a number, where json-rules-engine would read "12 Main Street" as 12.
 */
export const numberOperators = {
  lessThan: orderOperator((left, right) => left < right),
  lessThanInclusive: orderOperator((left, right) => left <= right),
  greaterThan: orderOperator((left, right) => left > right),
  greaterThanInclusive: orderOperator((left, right) => left >= right),
} satisfies Readonly<Record<string, Operator>>

function orderOperator(holds: Order): Operator {
  const test = (left: unknown, right: unknown) => {
    const [a, b] = [readNumber(left), readNumber(right)]
    return a !== null && b !== null && holds(a, b)
  }
  return { test, whenAbsent: false, check: checkNumbers }
}

function readNumber(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^[+-]?\d+(\.\d+)?$/.test(value)) return null
  return Number(value)
}

function checkNumbers(left: Operand, right: Operand): string | null {
  for (const operand of [left, right]) {
    if (!isNumeric(operand)) return `compares numbers, not ${describeOperand(operand)}`
  }
  return null
}

function isNumeric(operand: Operand): boolean {
  if (operand.from === 'policy') return typeof operand.value === 'number'
  return isSingle(operand, 'number') || (operand.kind.type === 'string' && !operand.kind.list)
}
