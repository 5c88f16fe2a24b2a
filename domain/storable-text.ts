/** Whether PostgreSQL can keep a text: it takes neither U+0000 nor half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** The text with U+FFFD for what cannot be kept: for the words of others in a report, never for data. */
export function toStorable(text: string): string {
  return isStorable(text) ? text : text.toWellFormed().replaceAll('\0', '\ufffd')
}

/** The way to the first text in parsed JSON that cannot be kept, be it a key or a value; null: all can. */
export function findUnstorable(value: unknown): readonly (string | number)[] | null {
  if (typeof value === 'string') return isStorable(value) ? null : []
  if (typeof value !== 'object' || value === null) return null
  const members: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value)
  for (const [key, member] of members) {
    const found = typeof key === 'string' && !isStorable(key) ? [] : findUnstorable(member)
    if (found !== null) return [key, ...found]
  }
  return null
}
