import type { CustomValue, TypedValue } from './attributes.ts'
import { compareText } from './choose-addresses.ts'
import type { MergedRecord } from './merge-records.ts'

/** At most one value is primary (RFC 7643 section 2.4): that of the source that ranks first. The others say nothing. */
export function withOnePrimary(values: readonly TypedValue[]): readonly TypedValue[] {
  const first = values.find((value) => value.primary === true)
  if (values.every((value) => value === first || value.primary === undefined)) return values
  return values.map((value) => {
    if (value === first || value.primary === undefined) return value
    const { primary: _, ...rest } = value
    return rest
  })
}

/** Equal values of one source, type and trust once; primary if any of them is. */
export function distinctValues(values: readonly TypedValue[]): readonly TypedValue[] {
  // As for most people: no text stands twice.
  if (!hasTwice(values)) return values
  const byMeaning = new Map<string, TypedValue>()
  for (const value of values) {
    const meaning = JSON.stringify([value.source, value.type, value.trust, value.value])
    const other = byMeaning.get(meaning)
    if (other === undefined || (value.primary === true && other.primary !== true))
      byMeaning.set(meaning, value)
  }
  return [...byMeaning.values()]
}

function hasTwice(values: readonly TypedValue[]): boolean {
  if (values.length === 2) return values[0]?.value === values[1]?.value
  return new Set(values.map(({ value }) => value)).size < values.length
}

/** Groups as values: those that the source calls so, and those that it brings beside its people. */
export function groupsOf(record: Pick<MergedRecord, 'attributes' | 'groups'>): readonly TypedValue[] {
  return [...(record.attributes.groups ?? []), ...(record.groups ?? []).map((value) => ({ value }))]
}

/** Primary first, then by type, text and trust: no source's order matters. */
export function compareValues(a: TypedValue, b: TypedValue): number {
  return (
    Number(b.primary ?? false) - Number(a.primary ?? false) ||
    compareText(a.type ?? '', b.type ?? '') ||
    compareText(a.value, b.value) ||
    compareText(a.trust ?? '', b.trust ?? '')
  )
}

/** Whether a custom value is several. */
export function isList(value: CustomValue): value is readonly string[] {
  return Array.isArray(value)
}
