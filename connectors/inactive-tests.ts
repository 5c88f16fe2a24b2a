import type { InactiveTest } from './mapping-schema.ts'
import { endOf, parseDate } from './source-date.ts'
import { EntryFault, type EntryValues, pickValues, type SlotTable } from './source-values.ts'

/** Inactive now (a time in the past), from a time on, or not at all (null). */
type Verdict = Date | null
type CompiledTest = (values: EntryValues) => Verdict

/** What the tests say of one entry. */
export interface Activity {
  readonly active: boolean
  /** RFC 3339, UTC; only of an entry that is still active. */
  readonly inactiveFrom: string | null
}

const always: Activity = { active: true, inactiveFrom: null }
const inactive: Activity = { active: false, inactiveFrom: null }
const longAgo = new Date(0)

/**
 * Makes one function of the tests: any of them is enough, and of several times the earliest counts. It throws
 * EntryFault where a value is no number or no time: activity that cannot be read is not "active".
 */
export function compileInactiveTests(
  tests: readonly InactiveTest[],
  slots: SlotTable,
): (values: EntryValues, now: Date) => Activity {
  const compiled = tests.map((test) => compileTest(test, slots))
  if (compiled.length === 0) return () => always
  return (values, now) => {
    let from: Date | null = null
    for (const test of compiled) {
      const verdict = test(values)
      if (verdict && (from === null || verdict < from)) from = verdict
    }
    if (from === null) return always
    return from <= now ? inactive : { active: true, inactiveFrom: from.toISOString() }
  }
}

function compileTest(test: InactiveTest, slots: SlotTable): CompiledTest {
  const slot = slots.slotOf(test.attribute)
  if ('equals' in test) return testOneOf(slot, [test.equals])
  if ('oneOf' in test) return testOneOf(slot, test.oneOf)
  if ('bit' in test) return testBit(slot, test.attribute, test.bit)
  return (values) => {
    let earliest: Date | null = null
    for (const text of pickValues(values[slot])) {
      const date = parseDate(text, test.format)
      if (!date) throw new EntryFault('bad-row', `${test.attribute} is no time in the format ${test.format}`)
      const end = endOf(date)
      if (end && (earliest === null || end < earliest)) earliest = end
    }
    return earliest
  }
}

function testOneOf(slot: number, wanted: readonly string[]): CompiledTest {
  const lower = new Set(wanted.map((value) => value.toLowerCase()))
  return (values) =>
    pickValues(values[slot]).some((value) => lower.has(value.toLowerCase())) ? longAgo : null
}

function testBit(slot: number, attribute: string, bit: number): CompiledTest {
  const mask = BigInt(bit)
  return (values) => {
    for (const text of pickValues(values[slot])) {
      if (!/^-?\d{1,20}$/.test(text)) throw new EntryFault('bad-row', `${attribute} is no whole number`)
      if ((BigInt(text) & mask) !== 0n) return longAgo
    }
    return null
  }
}
