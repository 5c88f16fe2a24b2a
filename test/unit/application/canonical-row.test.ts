import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicaliseRow, hashRow } from '../../../application/canonical-row.ts'
import { type Attributes, enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { canonicalJson } from '../../../domain/canonical-json.ts'
import type { SourceRow } from '../../../domain/source-row.ts'

/** Few and short, so that two rows are often nearly the same, and of what the writing itself is made of. */
const text = fc.constantFrom('', 'a', 'b', '1', '1:a', '-', '[1', ',')
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined })
const said = <Value>(members: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> }) =>
  fc.record(members, { requiredKeys: [] })
const value = fc.record(
  { value: text, type: text, primary: fc.boolean(), trust: fc.constantFrom('asserted', 'claimed') },
  { requiredKeys: ['value'] },
)
const list = optional(fc.array(value, { maxLength: 3 }))
const custom = optional(
  fc.dictionary(
    text,
    fc.oneof(text, fc.integer({ max: 2 }), fc.boolean(), fc.array(text, { maxLength: 2 })),
    { maxKeys: 2 },
  ),
)
const attributes = said({
  userName: text,
  title: text,
  name: optional(said({ givenName: text, familyName: text })),
  emails: list,
  phoneNumbers: list,
  groups: list,
  [enterpriseUrn]: optional(said({ department: text, manager: optional(fc.record({ value: text })) })),
  [musterUrn]: optional(said({ startDate: text, dn: text, custom })),
}) as fc.Arbitrary<Attributes>
const row: fc.Arbitrary<SourceRow> = fc.record({
  externalId: fc.constant('e1'),
  attributes,
  active: fc.boolean(),
  inactiveFrom: fc.option(text),
  groups: fc.option(fc.array(text, { maxLength: 3 })),
  country: fc.option(text),
})
const hashOf = (one: SourceRow) => hashRow(canonicaliseRow(one), 'shape').toString('hex')

test('rows have one hash exactly where they say the same', () => {
  const known = new Map<string, string>()
  fc.assert(
    fc.property(row, (one) => {
      const hash = hashOf(one)
      const meaning = canonicalJson(canonicaliseRow(one))
      expect(known.get(hash) ?? meaning).toBe(meaning)
      known.set(hash, meaning)
      expect(hashRow(canonicaliseRow(one), 'other shape').toString('hex')).not.toBe(hash)
    }),
    { numRuns: 5000 },
  )
  expect(new Set(known.values()).size).toBe(known.size)
})

test('the order of values and of keys means nothing (architecture rule 3)', () => {
  fc.assert(
    fc.property(row, (one) => {
      const turned = {
        ...one,
        groups: one.groups?.toReversed() ?? null,
        attributes: {
          ...Object.fromEntries(Object.entries(one.attributes).toReversed()),
          ...(one.attributes.emails && { emails: distinct(one.attributes.emails).toReversed() }),
        },
      }
      const straight = {
        ...one,
        attributes: {
          ...one.attributes,
          ...(one.attributes.emails && { emails: distinct(one.attributes.emails) }),
        },
      }
      expect(hashOf(turned)).toBe(hashOf(straight))
    }),
  )
})

/** Values of one text and type keep the order in which they come. */
function distinct(values: NonNullable<Attributes['emails']>) {
  return [...new Map(values.map((one) => [`${one.value}\n${one.type ?? ''}`, one])).values()]
}
