/**
 * Whether two rows say the same: plain data, compared deeply. The order of keys means nothing (jsonb does not keep
 * it); a key that is undefined equals an absent one.
 */
export function equalRows(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b)
  if (!isObject(a) || !isObject(b) || Array.isArray(b)) return false
  for (const key in a) if (!equalRows(a[key], b[key])) return false
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false
  return true
}

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => equalRows(value, b[index]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
