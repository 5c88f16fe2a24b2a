import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionSchema } from '../../../policies/condition.ts'
import { checkConditions } from '../../../policies/load/check-conditions.ts'
import { describePolicySchema } from '../../../policies/policy-schema.ts'
import { policies } from './arbitrary-policies.ts'
import { facts } from './sample-identity.ts'

describe('describePolicySchema', () => {
  it('describes documents as they are written: defaults may be left out', () => {
    const schema = describePolicySchema()
    expect(schema.required?.toSorted()).toEqual(['conditions', 'event', 'id'])
    expect(Object.keys(schema.properties ?? {}).toSorted()).toEqual(
      ['$schema', 'conditions', 'description', 'event', 'id', 'mode', 'priority', 'target'].toSorted(),
    )
    expect(schema.additionalProperties).toBe(false)
    expect(JSON.stringify(schema)).toContain('otp-sms')
  })

  it('refers to one definition of a condition instead of repeating it without end', () => {
    const text = JSON.stringify(describePolicySchema())
    expect(text).toContain('"#/$defs/condition"')
    expect(text.length).toBeLessThan(20_000)
  })
})

describe('conditionSchema', () => {
  const world = { facts, names: new Set(['shared']) }
  const shapeFaults = (value: object) =>
    checkConditions(value as Record<string, unknown>, [], world).filter(({ code }) =>
      ['wrong-shape', 'unknown-key', 'refused-key'].includes(code),
    )

  it('accepts what loading accepts', () => {
    fc.assert(
      fc.property(policies, (documents) => {
        for (const { conditions } of documents) {
          expect(shapeFaults(conditions)).toEqual([])
          expect(conditionSchema.safeParse(conditions).success).toBe(true)
        }
      }),
    )
  })

  it.each([
    {},
    { all: {} },
    { not: [] },
    { all: [], any: [] },
    { all: [5] },
    { any: [{ fact: 'title', operator: 'equal' }] },
    { all: [{ fact: 'title', operator: 'equal', value: 'x', path: '$' }] },
    { condition: 5 },
    { all: [], priority: 0 },
    { all: [], extra: 1 },
  ])('refuses what loading refuses: %j', (value) => {
    expect(shapeFaults(value)).not.toEqual([])
    expect(conditionSchema.safeParse(value).success).toBe(false)
  })
})
