import type { Moment } from '../moment.ts'
import type { Operand } from './operand.ts'

/** One comparison between a fact (left) and a policy's value (right). */
export interface Operator {
  /** Never asked of absent values, unless `asksPresence`. */
  readonly test: (left: unknown, right: unknown, moment: Moment) => boolean
  /** The answer where either side is absent: false, but true for what denies a comparison (`notEqual`). */
  readonly whenAbsent: boolean
  readonly asksPresence?: boolean
  /** Why these operands can never be compared, as the end of a sentence; null where they can. */
  readonly check: (left: Operand, right: Operand) => string | null
  /** When the passing of time could change the answer next, after `moment.now`; null for never. */
  readonly nextFlip?: (left: unknown, right: unknown, moment: Moment) => number | null
}

/** Absent: no value, an empty text or an empty list, as `pr` has it in SCIM. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
