import { RE2JS } from 're2js'
import { describeOperand, isSingle, type Operand } from './operand.ts'
import type { Operator } from './operator.ts'
import { compilePattern, matchesPattern } from './pattern.ts'
import { isUnder } from './under.ts'

type Test = (left: string, right: string) => boolean

/** Comparisons of text. Case counts, unless the decorator `ignoreCase` says otherwise (`under` never minds it). */
export const textOperators = {
  startsWith: textOperator((left, right) => left.startsWith(right)),
  endsWith: textOperator((left, right) => left.endsWith(right)),
  under: textOperator(isUnder),
  matches: { ...textOperator(matchesPattern), check: checkPattern },
} satisfies Readonly<Record<string, Operator>>

function textOperator(holds: Test): Operator {
  const test = (left: unknown, right: unknown) =>
    typeof left === 'string' && typeof right === 'string' && holds(left, right)
  return { test, whenAbsent: false, check: checkTexts }
}

function checkTexts(left: Operand, right: Operand): string | null {
  for (const operand of [left, right]) {
    if (!isSingle(operand, 'string')) return `compares text, not ${describeOperand(operand)}`
  }
  return null
}

function checkPattern(left: Operand, right: Operand): string | null {
  if (right.from === 'fact') return 'needs a pattern that the policy itself writes'
  const fault = checkTexts(left, right)
  if (fault !== null) return fault
  const compiled = compilePattern(String(right.value))
  return compiled instanceof RE2JS ? null : compiled.message
}
