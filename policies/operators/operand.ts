import type { AttributeType } from '../../domain/attributes.ts'
import { parseDateText } from '../date-text.ts'

/** What a fact holds: one value, or a list of them. */
export interface Kind {
  readonly type: AttributeType
  readonly list: boolean
}

/** One side of a comparison while a policy is checked: a fact of which the kind is known, or the policy's value. */
export type Operand =
  | { readonly from: 'fact'; readonly kind: Kind }
  | { readonly from: 'policy'; readonly value: unknown }

/** Whether an operand is one value that compares as the type. Dates are written as text, so they also pass as such. */
export function isSingle(operand: Operand, type: AttributeType): boolean {
  if (operand.from === 'fact') return !operand.kind.list && hasType(operand.kind.type, type)
  if (type === 'date') return typeof operand.value === 'string' && parseDateText(operand.value) !== null
  return typeof operand.value === type
}

export function isList(operand: Operand): boolean {
  return operand.from === 'fact' ? operand.kind.list : Array.isArray(operand.value)
}

/** The operands for the members of a list: one for a fact's, one for each value of a policy's. */
export function membersOf(operand: Operand): readonly Operand[] {
  if (operand.from === 'fact') return [{ from: 'fact', kind: { ...operand.kind, list: false } }]
  return Array.isArray(operand.value) ? operand.value.map((value) => ({ from: 'policy', value })) : []
}

/** Whether two single operands can be equal at all. */
export function areComparable(left: Operand, right: Operand): boolean {
  const types: readonly AttributeType[] = ['string', 'number', 'boolean']
  return types.some((type) => isSingle(left, type) && isSingle(right, type))
}

/** `a string`, `a list of dates`: for sentences about what does not fit. */
export function describeOperand(operand: Operand): string {
  if (operand.from === 'fact') {
    return operand.kind.list ? `a list of ${operand.kind.type}s` : `a ${operand.kind.type}`
  }
  if (Array.isArray(operand.value)) return 'a list'
  if (operand.value === null) return 'null'
  return typeof operand.value === 'object' ? 'an object' : `a ${typeof operand.value}`
}

function hasType(actual: AttributeType, wanted: AttributeType): boolean {
  return actual === wanted || (actual === 'date' && wanted === 'string')
}
