import type { CustomAttributes } from '../domain/attributes.ts'
import type { SourceRow } from '../domain/source-row.ts'
import { isStorable } from '../domain/storable-text.ts'
import { compileInactiveTests } from './inactive-tests.ts'
import { compileMapping } from './map-attributes.ts'
import type { AttributeMapping, CountryRule, InactiveTest } from './mapping-schema.ts'
import { EntryFault, type EntryValues, pickValue, pickValues, type SlotTable } from './source-values.ts'

/** The part of a source's configuration that shapes a row. */
export interface RowMapping {
  readonly externalId: string
  readonly attributes: AttributeMapping
  readonly inactive: readonly InactiveTest[]
  readonly country: CountryRule
}

/**
 * Makes a row, but for its groups, of the values of one entry. Throws EntryFault for an entry that cannot be used:
 * the caller reports it, and the read has no proof then.
 */
export type RowMapper = (values: EntryValues, groups: readonly string[] | null, now: Date) => SourceRow

/** Compiles a mapping once for a whole read; `slots` then knows the names to ask the source for. */
export function compileRowMapper(
  mapping: RowMapping,
  customAttributes: CustomAttributes,
  slots: SlotTable,
): RowMapper {
  const idSlot = slots.slotOf(mapping.externalId)
  const mapAttributes = compileMapping(mapping.attributes, customAttributes, slots)
  const readActivity = compileInactiveTests(mapping.inactive, slots)
  const readCountry = compileCountry(mapping.country, slots)
  return (values, groups, now) => {
    refuseUnstorable(values, slots)
    const externalId = readExternalId(values, idSlot, mapping.externalId)
    const { active, inactiveFrom } = readActivity(values, now)
    const attributes = mapAttributes(values)
    return { externalId, attributes, active, inactiveFrom, groups, country: readCountry(values) }
  }
}

/** One such value would fail the statement that stores its whole batch, in every read again. */
function refuseUnstorable(values: EntryValues, slots: SlotTable): void {
  for (const [slot, texts] of values.entries())
    if (texts !== undefined && !texts.every(isStorable))
      throw new EntryFault('encoding', `a value of ${slots.names[slot]} holds U+0000, which nothing can keep`)
}

/** The external id of an entry. Throws EntryFault where there is none, or more than one. */
function readExternalId(values: EntryValues, slot: number, name: string): string {
  const ids = pickValues(values[slot])
  const [id] = ids
  if (id === undefined) throw new EntryFault('missing-id', `there is no ${name}`)
  if (ids.length > 1) throw new EntryFault('missing-id', `${name} has several values`)
  return id
}

function compileCountry(rule: CountryRule, slots: SlotTable): (values: EntryValues) => string | null {
  const fallback = rule.default ?? null
  if (rule.attribute === undefined) return () => fallback
  const slot = slots.slotOf(rule.attribute)
  return (values) => {
    const code = pickValue(values[slot])?.toUpperCase()
    return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : fallback
  }
}
