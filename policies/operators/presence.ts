import type { Operand } from './operand.ts'
import { isAbsent, type Operator } from './operator.ts'

/** Whether there is a value at all; written with `"value": true`. */
export const presenceOperators = {
  present: { test: (left) => !isAbsent(left), whenAbsent: false, asksPresence: true, check: checkTrue },
  absent: { test: isAbsent, whenAbsent: true, asksPresence: true, check: checkTrue },
} satisfies Readonly<Record<string, Operator>>

function checkTrue(_left: Operand, right: Operand): string | null {
  return right.from === 'policy' && right.value === true ? null : 'is written with "value": true'
}
