import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Attributes,
  type CustomAttributes,
  enterpriseUrn,
  musterUrn,
  type TypedValue,
} from '../../domain/attributes.ts'
import type { Filter } from '../../domain/filter.ts'
import { evaluateFilter } from '../../policies/filter/evaluate-filter.ts'
import { identityDocument } from '../../policies/filter/identity-document.ts'
import { parseFilter } from '../../policies/filter/parse-filter.ts'
import { readIdentities } from '../../store/read/identities.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertPeople, type Person } from '../support/population.ts'

const customAttributes: CustomAttributes = {
  badge: { type: 'string', multiValued: false },
  level: { type: 'number', multiValued: false },
  certified: { type: 'boolean', multiValued: false },
  certifiedUntil: { type: 'date', multiValued: false },
  skills: { type: 'string', multiValued: true },
  audits: { type: 'date', multiValued: true },
}

/** Few texts, so that random filters and random people meet; each is there for a reason. */
const texts = fc.constantFrom(
  'a',
  'A',
  'ab',
  'aB',
  'b',
  'Ärger',
  'ärger',
  'ΟΔΟΣ',
  'οδος',
  'straße',
  'İ',
  '%',
  '_',
  'a%b',
  'a_b',
  '\\',
  'a\\b',
  '"',
  "'",
  '?',
  '',
  ' ',
  '😀a',
  '\uffeeb',
  'work',
  '2026-01-31',
)
const dates = fc.constantFrom(
  '2026-01-31',
  '2026-02-01T00:00:00Z',
  '2026-01-31T23:30:00-02:00',
  '2026-02-01t01:30:00.000z',
  '2026-02-01T01:30:00.0009Z',
  '2026-02-01 00:00:00Z',
  '1969-12-31T23:59:59.999999999Z',
  '2024-02-29',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.9999999Z',
  '2026-01-31T08:00:00+15:59',
)
/** What a source could have written into a date or a number: none of it may stop the statement. */
const notDates = fc.constantFrom(
  '2026-02-30',
  'tomorrow',
  'infinity',
  '2026-1-1',
  '',
  '20260101',
  'now',
  '0000-01-01',
  '0000-12-31T23:59:59-01:00',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '2026-01-31T08:00:00+16:00',
)
const numbers = fc.constantFrom(0, 1, 1.5, 0.1, 100000, 9007199254740991, -1, -0.5, 1e21, 1e-7)

const typedValue: fc.Arbitrary<TypedValue> = fc.record(
  {
    value: texts,
    type: fc.constantFrom('work', 'Home', 'mobile'),
    primary: fc.boolean(),
    source: fc.constantFrom('corp', 'hr'),
  },
  { requiredKeys: ['value'] },
)
const typedValues = fc.array(typedValue, { maxLength: 3 })
const attributes = fc.record(
  {
    userName: texts,
    displayName: texts,
    profileUrl: texts,
    name: fc.record({ familyName: texts, givenName: texts }, { requiredKeys: [] }),
    emails: typedValues,
    phoneNumbers: typedValues,
    groups: typedValues,
    [enterpriseUrn]: fc.record(
      { department: texts, manager: fc.record({ value: texts }) },
      { requiredKeys: [] },
    ),
    [musterUrn]: fc.record(
      {
        startDate: fc.oneof({ weight: 4, arbitrary: dates }, notDates),
        dn: texts,
        custom: fc.record(
          {
            badge: texts,
            level: fc.oneof<fc.Arbitrary<number | string>[]>(numbers, texts),
            certified: fc.boolean(),
            certifiedUntil: fc.oneof(dates, notDates),
            skills: fc.array(texts, { maxLength: 2 }),
            audits: fc.array(fc.oneof(dates, notDates), { maxLength: 2 }),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Attributes>
const person: fc.Arbitrary<Person> = fc.record({
  attributes,
  active: fc.boolean(),
  sources: fc.subarray(['corp', 'hr', 'ab']),
})

const textNames = [
  'userName',
  'displayName',
  'profileUrl',
  'name.familyName',
  'emails',
  'emails.type',
  'phoneNumbers.value',
  'groups',
  'groups.source',
  'sources',
  'department',
  'manager',
  'dn',
  'custom.badge',
  'custom.skills',
  'id',
]
const dateNames = ['startDate', 'custom.certifiedUntil', 'custom.audits']
const orders = ['eq', 'ne', 'gt', 'ge', 'lt', 'le']
const textOperators = [...orders, 'co', 'sw', 'ew']
const simpleNames = [...textNames, ...dateNames, 'active', 'custom.level', 'custom.certified']
const everyName = [...simpleNames, 'name', enterpriseUrn]

const term = fc.oneof(
  fc
    .tuple(fc.constantFrom(...textNames), fc.constantFrom(...textOperators), texts)
    .map(([name, operator, text]) => `${name} ${operator} ${JSON.stringify(text)}`),
  fc
    .tuple(fc.constantFrom(...dateNames), fc.constantFrom(...orders), dates)
    .map(([name, operator, date]) => `${name} ${operator} "${date}"`),
  fc
    .tuple(fc.constantFrom(...orders), numbers)
    .map(([operator, number]) => `custom.level ${operator} ${JSON.stringify(number)}`),
  fc
    .tuple(
      fc.constantFrom('active', 'custom.certified', 'emails.primary'),
      fc.constantFrom('eq', 'ne'),
      fc.boolean(),
    )
    .map(([name, operator, value]) => `${name} ${operator} ${value}`),
  fc.constantFrom(...everyName).map((name) => `${name} pr`),
  fc
    .tuple(fc.constantFrom(...simpleNames), fc.constantFrom('eq', 'ne'))
    .map(([name, operator]) => `${name} ${operator} null`),
)
const elementTerm = fc.oneof(
  fc
    .tuple(fc.constantFrom('value', 'type', 'source'), fc.constantFrom(...textOperators), texts)
    .map(([name, operator, text]) => `${name} ${operator} ${JSON.stringify(text)}`),
  fc.constantFrom('type eq "work"', 'not (type eq "work")', 'primary eq true', 'type pr', 'not (primary pr)'),
)
const valueFilter = fc
  .tuple(
    fc.constantFrom('emails', 'phoneNumbers'),
    fc.constantFrom(' and ', ' or '),
    fc.array(elementTerm, { minLength: 1, maxLength: 3 }),
  )
  .map(([list, joined, terms]) => `${list}[${terms.join(joined)}]`)
const { filterText } = fc.letrec<{ filterText: string; either: string; negated: string }>((tie) => ({
  filterText: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    term,
    valueFilter,
    tie('either'),
    tie('negated'),
  ),
  either: fc
    .tuple(tie('filterText'), fc.constantFrom(' and ', ' or '), tie('filterText'))
    .map(([left, joined, right]) => `(${left}${joined}${right})`),
  negated: tie('filterText').map((inner) => `not (${inner})`),
}))

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

async function selectIds(filter: Filter): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const batch of readIdentities(db.database, { filter, limit: 0, reveal: null })) {
    ids.push(...batch.map(({ id }) => id))
  }
  return ids.sort()
}

describe('a filter compiled to SQL', () => {
  test('selects the identities that the evaluator of the policies selects', async () => {
    const people = fc.sample(person, { numRuns: 150, seed: 7 })
    const ids = await insertPeople(db.database, people)
    const documents = people.map((one, index) =>
      identityDocument({
        id: ids[index] ?? '',
        active: one.active ?? true,
        attributes: one.attributes ?? {},
        sources: one.sources ?? [],
      }),
    )
    let chosen = 0
    await fc.assert(
      fc.asyncProperty(filterText, async (text) => {
        const filter = parseFilter(text, customAttributes)
        const expected = documents
          .filter((each) => evaluateFilter(filter, each))
          .map((each) => String(each['id']))
        chosen += expected.length > 0 && expected.length < documents.length ? 1 : 0
        const selected = await selectIds(filter)
        expect(selected.filter((id) => ids.includes(id))).toEqual(expected.sort())
      }),
      { numRuns: 600 },
    )
    // A generator whose filters select all or nothing would prove little.
    expect(chosen).toBeGreaterThan(200)
  })

  test('treats the wildcards of LIKE as letters', async () => {
    const [percent] = await insertPeople(db.database, [
      { attributes: { title: '100 % remote' } },
      { attributes: { title: '100 x remote' } },
    ])
    expect(await selectIds(parseFilter('title co "0 % r"', {}))).toEqual([percent])
  })

  test('finds a userName through its index, whatever its case', async () => {
    const [id] = await insertPeople(db.database, [{ attributes: { userName: 'Änne.Über' } }])
    expect(await selectIds(parseFilter('userName eq "ÄNNE.über"', {}))).toEqual([id])
  })

  test('refuses a character that no stored text can have', async () => {
    const filter = parseFilter('title gt "\\u0000"', {})
    await expect(selectIds(filter)).rejects.toMatchObject({ code: 'filter-invalid' })
  })
})
