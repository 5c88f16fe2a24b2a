/** Whether two canonical values say the same: the order of keys is nothing, that of a list is something. */
export function equalValues(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false
    return left.every((value, index) => equalValues(value, right[index]))
  }
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  const others = new Map(Object.entries(right))
  return Object.entries(left).every(([key, value]) => others.has(key) && equalValues(value, others.get(key)))
}
