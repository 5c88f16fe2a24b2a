import type { AttributeType } from '../domain/attributes.ts'
import { formatDate, parseAnyDate } from './source-date.ts'
import { EntryFault } from './source-values.ts'

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

/**
 * One value of a custom attribute by its declared type; undefined for a date that means never. Throws EntryFault
 * where the text is none of that type.
 */
export function parseCustomValue(
  text: string,
  type: AttributeType,
  canonicalName: string,
): string | number | boolean | undefined {
  switch (type) {
    case 'string':
      return text
    case 'boolean': {
      const value = booleans.get(text.toLowerCase())
      if (value === undefined) throw new EntryFault('bad-row', `${canonicalName} is neither true nor false`)
      return value
    }
    case 'number':
      if (!/^[+-]?\d+(\.\d+)?$/.test(text)) throw new EntryFault('bad-row', `${canonicalName} is no number`)
      return Number(text)
    case 'date': {
      const date = parseAnyDate(text)
      if (!date) throw new EntryFault('bad-row', `${canonicalName} is no date`)
      return formatDate(date) ?? undefined
    }
  }
}
