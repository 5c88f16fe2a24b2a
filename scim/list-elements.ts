import { equalValues } from './equal-values.ts'
import { isObject } from './is-object.ts'
import { ScimFault } from './scim-fault.ts'

/** Refuses two preferred values (RFC 7643 section 2.4). Throws ScimFault 400 `invalidValue`. */
export function checkPrimary(elements: readonly unknown[], where: string): void {
  let found = false
  for (const element of elements) {
    if (!isObject(element) || element['primary'] !== true) continue
    if (found) throw new ScimFault(400, 'invalidValue', `${where} has more than one primary value`)
    found = true
  }
}

/**
 * The elements, each once: a second one of the same type and value (or, without a value, the very same) is dropped
 * (RFC 7643 section 2.4). The one that stays is primary when either was.
 */
export function distinctElements(elements: readonly unknown[]): readonly unknown[] {
  if (elements.length < 2) return elements
  const distinct: unknown[] = []
  for (const element of elements) {
    const index = distinct.findIndex((other) => isSameElement(other, element))
    const same = distinct[index]
    if (same === undefined) distinct.push(element)
    else if (isObject(same) && isObject(element) && element['primary'] === true)
      distinct[index] = { ...same, primary: true }
  }
  return distinct
}

/** Whether a list would hold two elements twice: the same `type` and `value` or, without a value, the very same. */
export function isSameElement(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right) || left['value'] === undefined) return equalValues(left, right)
  return left['value'] === right['value'] && left['type'] === right['type']
}

/** Whether an element only describes a value that is not there. */
export function saysNothing(element: unknown): boolean {
  return isObject(element) && Object.keys(element).every((key) => describing.has(key))
}

const describing: ReadonlySet<string> = new Set(['type', 'primary', 'display'])
