import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CustomAttributes } from '../../domain/attributes.ts'
import type { Filter, FilterAttribute } from '../../domain/filter.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { evaluateFilter } from '../../policies/filter/evaluate-filter.ts'
import type { FilterSchema } from '../../policies/filter/schema-builder.ts'
import { describeResource } from '../../scim/filter/describe-resource.ts'
import { parseResourceFilter } from '../../scim/filter/parse-resource-filter.ts'
import { groupSchema } from '../../scim/group-schema.ts'
import { renderResource } from '../../scim/render-resource.ts'
import type { ResourceSchema, ScimAttribute } from '../../scim/scim-schema.ts'
import { userSchema } from '../../scim/user-schema.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertScimCrowd, insertScimGroups, nest } from '../support/scim-crowd.ts'
import { pageScimGroups, pageScimUsers, readScimGroup, readScimUser } from '../support/scim-reads.ts'

const customAttributes: CustomAttributes = {
  badge: { type: 'string', multiValued: false },
  level: { type: 'number', multiValued: false },
  certified: { type: 'boolean', multiValued: false },
  certifiedUntil: { type: 'date', multiValued: false },
  skills: { type: 'string', multiValued: true },
}
const users = userSchema(customAttributes)

/** Few texts, so that random filters and random people meet; each is there for a reason. */
const texts = [
  'a',
  'A',
  'ab',
  'Ärger',
  'ärger',
  'ΟΔΟΣ',
  'οδος',
  'İ',
  'a%b',
  '\\',
  "'",
  '?',
  '',
  ' ',
  '😀a',
  'work',
]
const dates = ['2026-01-31', '2026-02-01T00:00:00Z', '2026-01-31T23:30:00-02:00', '2026-02-01T01:30:00.0009Z']
const numbers = [0, 1, 1.5, -1, 9007199254740991]
const text = fc.constantFrom(...texts)

/** A value of an attribute, as a document may hold it. */
function contentOf(attribute: ScimAttribute): fc.Arbitrary<unknown> {
  const one = singleOf(attribute)
  return attribute.multiValued ? fc.array(one, { minLength: 1, maxLength: 3 }) : one
}

function singleOf({ type, subAttributes = [] }: ScimAttribute): fc.Arbitrary<unknown> {
  switch (type) {
    case 'complex':
      return objectOf(subAttributes)
    case 'boolean':
      return fc.boolean()
    case 'decimal':
    case 'integer':
      return fc.constantFrom(...numbers)
    case 'dateTime':
      return fc.constantFrom(...dates)
    default:
      return text
  }
}

function objectOf(attributes: readonly ScimAttribute[]): fc.Arbitrary<Record<string, unknown>> {
  const named = attributes
    .filter(({ name }) => name !== 'groups' && name !== 'members')
    .map((attribute): [string, fc.Arbitrary<unknown>] => [attribute.name, contentOf(attribute)])
  return fc.record<Record<string, unknown>>(Object.fromEntries(named), { requiredKeys: [] })
}

/** Documents of a schema, the one attribute that is unique made so. */
function documentsOf(schema: ResourceSchema, unique: string, count: number) {
  const extensions = schema.extensions.map((each): [string, fc.Arbitrary<unknown>] => [
    each.id,
    objectOf(each.attributes),
  ])
  const document = fc
    .record({
      core: objectOf(schema.core.attributes),
      extensions: fc.record<Record<string, unknown>>(Object.fromEntries(extensions), { requiredKeys: [] }),
      externalId: fc.option(text.filter((each) => each !== '')),
    })
    .map(({ core, extensions: extended, externalId }) => ({
      ...core,
      ...extended,
      ...(externalId === null ? {} : { externalId }),
    }))
  return fc
    .sample(document, { numRuns: count, seed: 11 })
    .map((each, index) => ({ ...each, [unique]: `${texts[index % texts.length]}é${index}` }))
}

/** Filters on every attribute that a schema describes; `known` are literals that somebody has. */
function filtersOn(schema: FilterSchema, known: readonly string[]): fc.Arbitrary<string> {
  const literals = fc.oneof(text, fc.constantFrom(...known))
  const spelled = literals.chain((each) =>
    fc.constantFrom(each, each.toUpperCase(), each.toLowerCase(), each.normalize('NFD')),
  )
  const term = fc.oneof(
    { weight: 6, arbitrary: comparisonOn([...schema.attributes], spelled) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...schema.names, ...schema.complex.keys()).map((name) => `${name} pr`),
    },
  )
  const lists = [...schema.lists].filter(([, list]) => list.schema.attributes.size > 0)
  const valueFilter = fc
    .constantFrom(...lists)
    .chain(([name, list]) =>
      fc
        .tuple(
          fc.array(comparisonOn([...list.schema.attributes], spelled), { minLength: 1, maxLength: 2 }),
          fc.constantFrom(' and ', ' or '),
        )
        .map(([terms, joined]) => `${name}[${terms.join(joined)}]`),
    )
  return fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      term,
      valueFilter,
      fc
        .tuple(tie('filter'), fc.constantFrom(' and ', ' or '), tie('filter'))
        .map(([left, joined, right]) => `(${left}${joined}${right})`),
      tie('filter').map((inner) => `not (${inner})`),
    ),
  })).filter
}

function comparisonOn(
  attributes: readonly (readonly [string, FilterAttribute])[],
  literals: fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  const orders = ['eq', 'ne', 'gt', 'ge', 'lt', 'le']
  return fc.constantFrom(...attributes).chain(([name, { type }]) => {
    const write = (operators: readonly string[], literal: fc.Arbitrary<string>) =>
      fc
        .tuple(fc.constantFrom(...operators), literal)
        .map(([operator, each]) => `${name} ${operator} ${each}`)
    switch (type) {
      case 'string':
        return write(
          ['eq', 'eq', 'eq', ...orders, 'co', 'sw', 'ew'],
          literals.map((each) => JSON.stringify(each)),
        )
      case 'date':
        return write(
          orders,
          fc.constantFrom(...dates, '2026-03-01T08:00:00Z').map((each) => `"${each}"`),
        )
      case 'number':
        return write(orders, fc.constantFrom(...numbers).map(String))
      case 'boolean':
        return write(['eq', 'ne'], fc.boolean().map(String))
    }
  })
}

let db: TestDatabase
let userIds: readonly string[]
let groupIds: readonly string[]
beforeAll(async () => {
  db = await createTestDatabase()
  const documents = documentsOf(users, 'userName', 100) as { userName: string }[]
  userIds = await insertScimCrowd(db.database, 'hr', documents)
  // The same people in another connection: nothing of them may ever be seen.
  const others = await insertScimCrowd(db.database, 'other', documents)
  const groups = documentsOf(groupSchema, 'displayName', 24) as { displayName: string }[]
  groupIds = await insertScimGroups(
    db.database,
    'hr',
    groups.map((document, index) => ({ document, users: userIds.filter((_, user) => user % 24 === index) })),
  )
  await insertScimGroups(
    db.database,
    'other',
    groups.map((document) => ({ document, users: others.slice(0, 9) })),
  )
  // A chain of five, a ring of three, and somebody who is in both ends.
  const [a, b, c, d, e, f, g, h] = groupIds.map(String)
  for (const [parent, child] of [
    [a, b],
    [b, c],
    [c, d],
    [d, e],
    [f, g],
    [g, h],
    [h, f],
  ]) {
    await nest(db.database, parent ?? '', [], [child ?? ''])
  }
  await nest(db.database, a ?? '', [userIds[4] ?? ''], [])
  await db.database.raw('analyze')
})
afterAll(() => db.close())

async function readAll(read: (id: string) => Promise<StoredResource | null>, ids: readonly string[]) {
  const resources = await Promise.all(ids.map(read))
  return resources.flatMap((resource) => (resource === null ? [] : [resource]))
}

async function expectAgreement(
  schema: ResourceSchema,
  resources: readonly StoredResource[],
  known: readonly string[],
  select: (filter: Filter) => Promise<readonly string[]>,
): Promise<void> {
  const documents = resources.map((resource) =>
    renderResource(schema, resource, {
      baseUrl: 'https://muster.example.com/scim/v2',
      projection: { kind: 'whole' },
    }),
  )
  let chosen = 0
  await fc.assert(
    fc.asyncProperty(filtersOn(describeResource(schema), known), async (written) => {
      const filter = parseResourceFilter(schema, written, { maxBytes: 4096 })
      const expected = documents
        .filter((each) => evaluateFilter(filter, each))
        .map((each) => String(each['id']))
      chosen += expected.length > 0 && expected.length < documents.length ? 1 : 0
      expect(await select(filter)).toEqual(expected.sort())
    }),
    { numRuns: 250 },
  )
  // A generator whose filters select all or nothing would prove little.
  expect(chosen).toBeGreaterThan(30)
}

const whole = { sort: null, page: { kind: 'index', start: 1, count: 500 } } as const

describe('a filter on resources (RFC 7644 section 3.4.2.2)', () => {
  test('selects the users that the evaluator selects, whatever attribute it names', async () => {
    const resources = await readAll((id) => readScimUser(db.database, 'hr', id, { groups: true }), userIds)
    const known = [
      ...userIds.slice(0, 5),
      ...groupIds.slice(0, 8),
      ...resources.slice(0, 5).map(({ document }) => String(document['userName'])),
    ]
    await expectAgreement(users, resources, known, async (filter) => {
      const { total, resources: found } = await pageScimUsers(db.database, 'hr', {
        filter,
        groups: false,
        ...whole,
      })
      expect(total).toBe(found.length)
      return found.map(({ id }) => id)
    })
  })

  test('selects the groups that the evaluator selects, whatever attribute it names', async () => {
    const resources = await readAll((id) => readScimGroup(db.database, 'hr', id, { members: true }), groupIds)
    const known = [
      ...userIds.slice(0, 5),
      ...groupIds.slice(0, 8),
      ...resources.slice(0, 5).map(({ document }) => String(document['displayName'])),
    ]
    await expectAgreement(groupSchema, resources, known, async (filter) => {
      const { total, resources: found } = await pageScimGroups(db.database, 'hr', {
        filter,
        members: false,
        ...whole,
      })
      expect(total).toBe(found.length)
      return found.map(({ id }) => id)
    })
  })

  test('finds a name that is taken in another composition', async () => {
    const [id] = await insertScimCrowd(db.database, 'mac', [{ userName: 'jos\u00e9' }])
    const filter = parseResourceFilter(users, 'userName eq "JOSE\u0301"', { maxBytes: 4096 })
    const page = await pageScimUsers(db.database, 'mac', { filter, groups: false, ...whole })
    expect(page.resources.map((each) => each.id)).toEqual([id])
  })

  test('that compares with what no stored text can have is refused', async () => {
    for (const written of ['userName eq "\\u0000"', 'title co "\\ud800"', 'id eq "\\u0000"']) {
      const filter = parseResourceFilter(users, written, { maxBytes: 4096 })
      await expect(
        pageScimUsers(db.database, 'hr', { filter, groups: false, ...whole }),
      ).rejects.toMatchObject({ code: 'filter-invalid' })
    }
  })
})
