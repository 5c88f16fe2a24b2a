import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Attributes, enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'
import { type MergedRecord, mergeRecords } from '../../../domain/merge-records.ts'

function record(source: string, attributes: Attributes, more: Partial<MergedRecord> = {}): MergedRecord {
  return { source, active: true, inactiveFrom: null, attributes, groups: null, missing: false, ...more }
}

const settings = { precedence: { default: ['hr', 'corp'] }, deciding: new Set(['hr', 'corp']) }
const merged = (
  records: readonly MergedRecord[],
  precedence: Readonly<Record<string, readonly string[]>> = settings.precedence,
) => mergeRecords(records, { ...settings, precedence }).attributes

describe('attributes of an identity', () => {
  test('come from the first source by precedence that has them, each for itself', () => {
    const corp = record('corp', {
      userName: 'anna',
      title: 'Engineer',
      name: { givenName: 'A', familyName: 'B' },
    })
    const hr = record('hr', {
      title: 'Senior engineer',
      name: { givenName: 'Anna' },
      [enterpriseUrn]: { employeeNumber: '7' },
    })
    expect(merged([corp, hr])).toEqual({
      userName: 'anna',
      title: 'Senior engineer',
      name: { givenName: 'Anna', familyName: 'B' },
      [enterpriseUrn]: { employeeNumber: '7' },
    })
    expect(merged([corp, hr], { default: ['hr', 'corp'], title: ['corp'] }).title).toBe('Engineer')
    expect(merged([corp, hr], { default: ['hr'], 'name.givenName': ['corp'] }).name).toEqual({
      givenName: 'A',
      familyName: 'B',
    })
  })

  test('that are lists are the union, each value with its source (rule 3)', () => {
    const corp = record('corp', {
      phoneNumbers: [
        { value: '2', type: 'mobile' },
        { value: '1', type: 'mobile' },
      ],
    })
    const hr = record('hr', { phoneNumbers: [{ value: '1', type: 'home', trust: 'claimed' }] })
    expect(merged([corp, hr]).phoneNumbers).toEqual([
      { value: '1', type: 'home', trust: 'claimed', source: 'hr' },
      { value: '1', type: 'mobile', source: 'corp' },
      { value: '2', type: 'mobile', source: 'corp' },
    ])
  })

  test('that are lists come from one source where precedence names them, the first that has any (rule 3)', () => {
    const corp = record('corp', { emails: [{ value: 'a@x' }] })
    const hr = record('hr', { emails: [{ value: 'b@x' }] })
    const named = { default: ['hr', 'corp'], emails: ['corp', 'hr'] }
    expect(merged([hr, corp], named).emails).toEqual([{ value: 'a@x', source: 'corp' }])
    expect(merged([hr, record('corp', { emails: [] })], named).emails).toEqual([
      { value: 'b@x', source: 'hr' },
    ])
  })

  test('have one primary value at most: that of the source that ranks first', () => {
    const corp = record('corp', { emails: [{ value: 'a@x', primary: true }] })
    const hr = record('hr', { emails: [{ value: 'b@x', primary: true }] })
    expect(merged([corp, hr]).emails).toEqual([
      { value: 'b@x', primary: true, source: 'hr' },
      { value: 'a@x', source: 'corp' },
    ])
  })

  test('take groups with their source, and custom lists as the union', () => {
    const corp = record(
      'corp',
      { [musterUrn]: { dn: 'cn=a', custom: { skills: ['b'], level: 2 } } },
      { groups: ['staff'] },
    )
    const hr = record('hr', {
      [musterUrn]: { startDate: '2026-01-01', custom: { skills: ['a', 'b'], level: 1 } },
    })
    expect(merged([corp, hr])).toEqual({
      groups: [{ value: 'staff', source: 'corp' }],
      [musterUrn]: { startDate: '2026-01-01', dn: 'cn=a', custom: { skills: ['a', 'b'], level: 1 } },
    })
  })
})

const anyRecord = fc.record({
  source: fc.constantFrom('hr', 'corp', 'cloud', 'extra'),
  active: fc.boolean(),
  inactiveFrom: fc.constantFrom(null, '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'),
  missing: fc.boolean(),
  groups: fc.option(fc.subarray(['g1', 'g2', 'g3'])),
  attributes: fc.record(
    {
      userName: fc.constantFrom('a', 'b'),
      title: fc.constantFrom('t', 'u'),
      emails: fc.array(
        fc.record(
          {
            value: fc.constantFrom('x@x', 'y@x', 'z@x'),
            type: fc.constantFrom('work', 'home'),
            primary: fc.boolean(),
          },
          { requiredKeys: ['value'] },
        ),
      ),
    },
    { requiredKeys: [] },
  ),
})
const anyRecords = fc.array(anyRecord, { maxLength: 5 })

describe('merging', () => {
  test('depends neither on the order of records nor on that of values (rule 3)', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const turned = records.toReversed().map((one) => ({
          ...one,
          groups: one.groups?.toReversed() ?? null,
          attributes: one.attributes.emails
            ? { ...one.attributes, emails: one.attributes.emails.toReversed() }
            : one.attributes,
        }))
        const { attributes, ...rest } = mergeRecords(records, settings)
        const again = mergeRecords(turned, settings)
        expect(again).toEqual({ ...rest, attributes })
      }),
    )
  })

  test('drops no value of a list and invents none (rule 9)', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const told = new Set(
          records.flatMap((one) =>
            (one.attributes.emails ?? []).map((it) => `${one.source} ${it.type} ${it.value}`),
          ),
        )
        const kept = (mergeRecords(records, settings).attributes.emails ?? []).map(
          (it) => `${it.source} ${it.type} ${it.value}`,
        )
        expect(new Set(kept)).toEqual(told)
      }),
    )
  })

  test('makes active who every deciding source calls active, and at least one does (rule 6)', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const deciding = records.filter((one) => one.source === 'hr' || one.source === 'corp')
        const words = new Set(deciding.map((one) => one.active))
        expect(mergeRecords(records, settings).active).toBe(words.has(true) && !words.has(false))
      }),
    )
  })

  test('tells when the first deciding source will switch an active person off', () => {
    const [early, late] = ['2026-04-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z']
    const of = (more: Partial<MergedRecord>) =>
      mergeRecords([record('corp', {}, { inactiveFrom: late }), record('hr', {}, more)], settings)
    expect(of({ inactiveFrom: early }).inactiveFrom).toBe(early)
    expect(of({}).inactiveFrom).toBe(late)
    expect(of({ active: false, inactiveFrom: early }).inactiveFrom).toBeNull()
    expect(of({}).sources).toEqual(['corp', 'hr'])
  })
})

describe('an identity of one record', () => {
  test('says what it would beside a record that says nothing', () => {
    fc.assert(
      fc.property(anyRecord, (one) => {
        const silent = record('silent', {}, { active: one.active })
        expect(merged([one])).toEqual(merged([one, silent]))
      }),
    )
  })
})
