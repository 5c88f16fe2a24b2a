import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inactiveTest } from '../../../connectors/mapping-schema.ts'
import { compileRowMapper, type RowMapping } from '../../../connectors/row-mapper.ts'
import { SlotTable } from '../../../connectors/source-values.ts'
import { type CustomAttributes, enterpriseUrn, musterUrn } from '../../../domain/attributes.ts'

const now = new Date('2026-01-15T12:00:00Z')

function map(
  mapping: Partial<RowMapping>,
  values: Readonly<Record<string, readonly string[]>>,
  custom: CustomAttributes = {},
) {
  const slots = new SlotTable(true)
  const whole = { externalId: 'id', attributes: {}, inactive: [], country: {}, ...mapping }
  const mapRow = compileRowMapper(whole, custom, slots)
  const byPlace = slots.names.map((name) => values[name] ?? (name === 'id' ? ['1'] : undefined))
  return mapRow(byPlace, null, now)
}

describe('a row', () => {
  it('has every mapped name in its place, and nothing else', () => {
    const attributes = {
      userName: 'uid',
      'name.givenName': 'gn',
      department: 'dept',
      manager: 'boss',
      endDate: 'until',
      dn: 'dn',
      roles: 'role',
      title: 'title',
    }
    const values = {
      uid: [' anna '],
      gn: ['Anna'],
      dept: ['Sales'],
      boss: ['7'],
      until: ['20261231220000Z'],
      dn: ['uid=anna'],
      role: ['b', 'a', 'b', ' '],
      title: [''],
    }
    expect(map({ attributes }, values).attributes).toEqual({
      userName: 'anna',
      roles: [{ value: 'a' }, { value: 'b' }],
      name: { givenName: 'Anna' },
      [enterpriseUrn]: { department: 'Sales', manager: { value: '7' } },
      [musterUrn]: { endDate: '2026-12-31T22:00:00.000Z', dn: 'uid=anna' },
    })
  })

  it('keeps type, trust and one primary value of a multi-valued attribute', () => {
    const attributes: RowMapping['attributes'] = {
      phoneNumbers: [
        { from: 'mobile', type: 'mobile', primary: true, trust: 'claimed' as const },
        { from: 'desk', type: 'work', trust: 'asserted' as const },
      ],
    }
    const { attributes: mapped } = map({ attributes }, { mobile: ['2', '1'], desk: ['1'] })
    expect(mapped.phoneNumbers).toEqual([
      { value: '1', type: 'mobile', primary: true, trust: 'claimed' },
      { value: '2', type: 'mobile', trust: 'claimed' },
      { value: '1', type: 'work' },
    ])
  })

  it('does not depend on the order in which a source gives its values', () => {
    const attributes = { displayName: 'cn', emails: 'mail' }
    fc.assert(
      fc.property(fc.array(fc.string()), (texts) => {
        const forward = map({ attributes }, { cn: texts, mail: texts })
        const backward = map({ attributes }, { cn: texts.toReversed(), mail: texts.toReversed() })
        expect(backward).toEqual(forward)
      }),
    )
  })

  it('has custom values by their declared type', () => {
    const custom: CustomAttributes = {
      badge: { type: 'string', multiValued: false },
      level: { type: 'number', multiValued: false },
      remote: { type: 'boolean', multiValued: false },
      certifiedUntil: { type: 'date', multiValued: false },
      sites: { type: 'string', multiValued: true },
    }
    const attributes = Object.fromEntries(Object.keys(custom).map((name) => [`custom.${name}`, name]))
    const values = {
      badge: ['007'],
      level: ['-3.5'],
      remote: ['TRUE'],
      certifiedUntil: ['2026-05-01'],
      sites: ['b', 'a'],
    }
    expect(map({ attributes }, values, custom).attributes[musterUrn]?.custom).toEqual({
      badge: '007',
      level: -3.5,
      remote: true,
      certifiedUntil: '2026-05-01',
      sites: ['a', 'b'],
    })
    expect(() => map({ attributes }, { level: ['high'] }, custom)).toThrow('custom.level is no number')
    expect(() => map({ attributes }, {}, {})).toThrow('custom.badge is mapped but not declared')
  })

  it.each([
    { values: {}, message: 'there is no id' },
    { values: { id: ['  '] }, message: 'there is no id' },
    { values: { id: ['1', '2'] }, message: 'id has several values' },
    { values: { id: ['1'], until: ['31.12.2026'] }, message: 'endDate is no date' },
  ])('is refused: $message', ({ values, message }) => {
    const given = { id: [], ...values } as Record<string, readonly string[]>
    expect(() => map({ attributes: { endDate: 'until' } }, given)).toThrow(message)
  })

  it('takes the country from its attribute where that is a code, else the default', () => {
    const country = { attribute: 'c', default: 'DE' }
    expect(map({ country }, { c: ['fr'] }).country).toBe('FR')
    expect(map({ country }, { c: ['France'] }).country).toBe('DE')
    expect(map({ country: { attribute: 'c' } }, {}).country).toBeNull()
  })
})

describe('an inactive test', () => {
  const check = (test: unknown, value: string) => {
    const { active, inactiveFrom } = map({ inactive: [inactiveTest.parse(test)] }, { a: [value] })
    return active ? (inactiveFrom ?? true) : false
  }

  it.each([
    [{ attribute: 'a', equals: 'true' }, 'TRUE', false],
    [{ attribute: 'a', equals: 'true' }, 'false', true],
    [{ attribute: 'a', oneOf: ['left', 'retired'] }, 'Retired', false],
    [{ attribute: 'a', oneOf: ['left', 'retired'] }, 'here', true],
    [{ attribute: 'a', bit: 2 }, '514', false],
    [{ attribute: 'a', bit: 2 }, '512', true],
    [{ attribute: 'a', before: 'now', format: 'generalizedTime' }, '20260115115959Z', false],
    [
      { attribute: 'a', before: 'now', format: 'generalizedTime' },
      '20260115120001Z',
      '2026-01-15T12:00:01.000Z',
    ],
    [{ attribute: 'a', before: 'now', format: 'filetime' }, '0', true],
    [{ attribute: 'a', before: 'now', format: 'filetime' }, '9223372036854775807', true],
    [{ attribute: 'a', before: 'now', format: 'filetime' }, '133536384000000000', false],
    [{ attribute: 'a', before: 'now', format: 'epochDays' }, '20468', false],
    [{ attribute: 'a', before: 'now', format: 'epochDays' }, '20469', '2026-01-16T00:00:00.000Z'],
    [{ attribute: 'a', before: 'now', format: 'iso' }, '2026-01-14', false],
    [{ attribute: 'a', before: 'now', format: 'iso' }, '2026-01-15', '2026-01-16T00:00:00.000Z'],
  ])('%j on %s gives %s', (test, value, expected) => {
    expect(check(test, value)).toBe(expected)
  })

  it.each([
    [{ attribute: 'a', bit: 2 }, 'many'],
    [{ attribute: 'a', before: 'now', format: 'filetime' }, 'soon'],
  ])('%j refuses %s: what cannot be read is not "active"', (test, value) => {
    expect(() => check(test, value)).toThrow(/^a is no /)
  })

  it('is one of several: any is enough, and the earliest date counts', () => {
    const inactive = [
      inactiveTest.parse({ attribute: 'a', before: 'now', format: 'iso' }),
      inactiveTest.parse({ attribute: 'b', before: 'now', format: 'iso' }),
    ]
    expect(map({ inactive }, { a: ['2026-03-01'], b: ['2026-02-01'] }).inactiveFrom).toBe(
      '2026-02-02T00:00:00.000Z',
    )
    expect(map({ inactive }, { a: ['2026-03-01'], b: ['2026-01-01'] })).toMatchObject({
      active: false,
      inactiveFrom: null,
    })
  })
})
