import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Filter } from '../../domain/filter.ts'
import { describeResource } from '../../scim/filter/describe-resource.ts'
import { parseResourceFilter } from '../../scim/filter/parse-resource-filter.ts'
import { groupSchema } from '../../scim/group-schema.ts'
import { userSchema } from '../../scim/user-schema.ts'
import type { Database } from '../../store/database.ts'
import type { CursorPosition, ResourceSort } from '../../store/read/resource-query.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertScimCrowd, insertScimGroups, nest } from '../support/scim-crowd.ts'
import { pageScimGroups, pageScimUsers, readScimGroup, readScimUser } from '../support/scim-reads.ts'

const users = userSchema({ level: { type: 'number', multiValued: false } })
const level = 'urn:muster:scim:schemas:extension:2.0:User:custom.level'

let db: TestDatabase
let database: Database
beforeAll(async () => {
  db = await createTestDatabase()
  database = db.database
})
afterAll(() => db.close())

function filterOn(text: string): Filter {
  return parseResourceFilter(users, text, { maxBytes: 4096 })
}

function sortBy(name: string, descending = false): ResourceSort {
  const attribute = describeResource(users).attributes.get(name.toLowerCase())
  if (attribute === undefined) throw new Error(`No attribute ${name}.`)
  return { attribute, descending }
}

async function pageNames(source: string, sort: ResourceSort | null, start = 1, count = 100) {
  const page = { kind: 'index', start, count } as const
  const { resources } = await pageScimUsers(database, source, { filter: null, sort, page, groups: false })
  return resources.map(({ document }) => document['userName'])
}

/** Every page by cursor, `between` called after each. */
async function readByCursor(
  source: string,
  sort: ResourceSort | null,
  count: number,
  between: () => Promise<void> = async () => undefined,
): Promise<readonly string[]> {
  const ids: string[] = []
  let after: CursorPosition | null = null
  do {
    const page = { kind: 'cursor', after, count } as const
    const found = await pageScimUsers(database, source, { filter: null, sort, page, groups: false })
    expect(found.total).toBeNull()
    ids.push(...found.resources.map(({ id }) => id))
    after = found.next
    await between()
  } while (after !== null)
  return ids
}

describe('sorting (RFC 7644 section 3.4.2.3)', () => {
  beforeAll(() =>
    insertScimCrowd(database, 'sorted', [
      {
        userName: 'n1',
        title: 'beta',
        emails: [
          { value: 'z@x', type: 'home' },
          { value: 'a@x', primary: true },
        ],
        'urn:muster:scim:schemas:extension:2.0:User': { custom: { level: 10 }, startDate: '2026-01-02' },
      },
      {
        userName: 'N2',
        title: 'Alpha',
        emails: [{ value: 'b@x' }, { value: 'a@x' }],
        'urn:muster:scim:schemas:extension:2.0:User': {
          custom: { level: 9 },
          startDate: '2026-01-01T23:00:00-05:00',
        },
      },
      { userName: 'n3', active: false },
    ]),
  )

  test.each([
    ['title', ['N2', 'n1', 'n3']],
    ['userName', ['n1', 'N2', 'n3']],
    ['emails', ['n1', 'N2', 'n3']],
    [level, ['N2', 'n1', 'n3']],
    ['urn:muster:scim:schemas:extension:2.0:User:startDate', ['n1', 'N2', 'n3']],
    ['active', ['n3', 'n1', 'N2']],
  ])(
    'by %s ignores case, takes the primary of a list, and puts what is missing last',
    async (name, order) => {
      if (name === 'active') {
        await database.raw(`update scim_users set document = document || '{"active": true}'
        where source = 'sorted' and user_name_key <> 'n3'`)
      }
      expect(await pageNames('sorted', sortBy(name))).toEqual(order)
    },
  )

  test('descending puts what is missing first', async () => {
    expect(await pageNames('sorted', sortBy('title', true))).toEqual(['n3', 'n1', 'N2'])
  })

  test('ties are broken by id, so that pages never overlap', async () => {
    const ids = await insertScimCrowd(
      database,
      'tied',
      Array.from({ length: 25 }, (_, index) => ({
        userName: `t${index}`,
        title: index % 2 === 0 ? 'x' : 'X',
      })),
    )
    const names: unknown[] = []
    for (const start of [1, 11, 21]) names.push(...(await pageNames('tied', sortBy('title'), start, 10)))
    expect(names).toEqual(ids.map((_, index) => `t${index}`))
  })
})

describe('index paging (RFC 7644 section 3.4.2.4)', () => {
  test('tells the exact total of every page, of none, and of one past the end', async () => {
    await insertScimCrowd(
      database,
      'paged',
      Array.from({ length: 25 }, (_, index) => ({ userName: `p${index}` })),
    )
    const ask = async (filter: Filter | null, start: number, count: number) => {
      const query = { filter, sort: null, page: { kind: 'index', start, count }, groups: false } as const
      const { total, resources, next } = await pageScimUsers(database, 'paged', query)
      expect(next).toBeNull()
      return [total, resources.length]
    }
    expect(await ask(null, 1, 10)).toEqual([25, 10])
    expect(await ask(null, 21, 10)).toEqual([25, 5])
    expect(await ask(null, 16, 10)).toEqual([25, 10])
    expect(await ask(null, 99, 10)).toEqual([25, 0])
    expect(await ask(null, 1, 0)).toEqual([25, 0])
    expect(await ask(filterOn('userName sw "p2"'), 1, 3)).toEqual([6, 3])
    expect(await ask(filterOn('userName eq "P7"'), 1, 1)).toEqual([1, 1])
    expect(await ask(filterOn('userName eq "nobody"'), 1, 10)).toEqual([0, 0])
    expect(await ask(filterOn('userName eq "P7"'), 2, 10)).toEqual([1, 0])
  })

  test('an externalId that several have is found whole', async () => {
    await insertScimCrowd(
      database,
      'twins',
      Array.from({ length: 130 }, (_, index) => ({ userName: `w${index}`, externalId: 'same' })),
    )
    const query = { filter: filterOn('externalId eq "same"'), sort: null, groups: false }
    const page = { kind: 'index', start: 1, count: 120 } as const
    const found = await pageScimUsers(database, 'twins', { ...query, page })
    expect([found.total, found.resources.length]).toEqual([130, 120])
    const other = await pageScimUsers(database, 'twins', {
      ...query,
      filter: filterOn('externalId eq "SAME"'),
      page,
    })
    expect(other.total).toBe(0)
  })
})

describe('cursor paging (RFC 9865)', () => {
  test('shows everybody who stays once, while others come, go and change', async () => {
    const title = (index: number) => (index % 5 === 0 ? {} : { title: `t${index % 7}` })
    const sorts = [
      null,
      sortBy('title'),
      sortBy('title', true),
      sortBy('meta.lastModified'),
      sortBy('userName', true),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sorts),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: 0, max: 29 }), { maxLength: 6 }),
        async (sort, count, gone) => {
          const source = `c${Math.random()}`
          const ids = await insertScimCrowd(
            database,
            source,
            Array.from({ length: 30 }, (_, index) => ({ userName: `u${index}`, ...title(index) })),
          )
          const leaving = gone.map((index) => ids[index])
          let pages = 0
          const seen = await readByCursor(source, sort, count, async () => {
            const leaver = leaving[pages]
            pages += 1
            if (leaver !== undefined) await database('scim_users').where({ id: leaver }).delete()
            if (pages < 4)
              await insertScimCrowd(database, source, [{ userName: `n${pages}`, ...title(pages) }])
          })
          expect(new Set(seen).size).toBe(seen.length)
          expect(seen).toEqual(expect.arrayContaining(ids.filter((id) => !leaving.includes(id))))
        },
      ),
      { numRuns: 25 },
    )
  })

  test('goes through changes in the order in which they were made', async () => {
    const early = await insertScimCrowd(
      database,
      'delta',
      [{ userName: 'd1' }],
      new Date('2026-03-03T00:00:00Z'),
    )
    const late = await insertScimCrowd(
      database,
      'delta',
      [{ userName: 'd2' }],
      new Date('2026-03-02T00:00:00Z'),
    )
    expect(await readByCursor('delta', sortBy('meta.lastModified'), 1)).toEqual([...late, ...early])
    const filter = filterOn('meta.lastModified gt "2026-03-02T12:00:00Z"')
    const page = { kind: 'cursor', after: null, count: 10 } as const
    const { resources } = await pageScimUsers(database, 'delta', { filter, sort: null, page, groups: false })
    expect(resources.map(({ id }) => id)).toEqual(early)
  })
})

describe('memberships', () => {
  test('of a user are direct and through nested groups, even where groups hold each other', async () => {
    const [ann] = await insertScimCrowd(database, 'm', [{ userName: 'ann' }])
    const [bob] = await insertScimCrowd(database, 'm', [{ userName: 'bob', displayName: 'Bob' }])
    const [inner = '', middle = '', outer = ''] = await insertScimGroups(database, 'm', [
      { document: { displayName: 'Inner' }, users: [ann ?? '', bob ?? ''] },
      { document: { displayName: 'Middle' } },
      { document: { displayName: 'Outer' }, users: [ann ?? ''] },
    ])
    await nest(database, middle, [], [inner])
    await nest(database, outer, [], [middle])
    await nest(database, inner, [], [outer])
    const user = await readScimUser(database, 'm', ann ?? '', { groups: true })
    expect(user?.groups).toEqual([
      { value: inner, display: 'Inner', type: 'direct' },
      { value: middle, display: 'Middle', type: 'indirect' },
      { value: outer, display: 'Outer', type: 'direct' },
    ])
    const group = await readScimGroup(database, 'm', inner, { members: true })
    expect(group?.members).toEqual([
      { value: ann, type: 'User', display: 'ann' },
      { value: bob, type: 'User', display: 'Bob' },
      { value: outer, type: 'Group', display: 'Outer' },
    ])
    const select = async (text: string) => {
      const page = { kind: 'index', start: 1, count: 10 } as const
      const found = await pageScimUsers(database, 'm', {
        filter: filterOn(text),
        sort: null,
        page,
        groups: false,
      })
      return found.resources.map(({ document }) => document['userName'])
    }
    expect(await select('groups.display eq "OUTER"')).toEqual(['ann', 'bob'])
    expect(await select('groups[display eq "outer" and type eq "direct"]')).toEqual(['ann'])
  })

  test('are null where they are not asked for, and nobody is found in another connection', async () => {
    const [ann = ''] = await insertScimCrowd(database, 'own', [{ userName: 'ann' }])
    const [team = ''] = await insertScimGroups(database, 'own', [
      { document: { displayName: 'T' }, users: [ann] },
    ])
    expect(await readScimUser(database, 'own', ann, { groups: false })).toMatchObject({
      groups: null,
      members: null,
    })
    expect(await readScimGroup(database, 'own', team, { members: false })).toMatchObject({ members: null })
    expect(await readScimUser(database, 'm', ann, { groups: true })).toBeNull()
    expect(await readScimUser(database, 'own', 'not-an-id', { groups: true })).toBeNull()
    expect(await readScimUser(database, 'own', '\u0000', { groups: true })).toBeNull()
    const page = { kind: 'index', start: 1, count: 10 } as const
    const filter = parseResourceFilter(groupSchema, `members[value eq "${ann}"]`, { maxBytes: 4096 })
    const found = await pageScimGroups(database, 'own', { filter, sort: null, page, members: true })
    expect(found.resources.map(({ members }) => members)).toEqual([
      [{ value: ann, type: 'User', display: 'ann' }],
    ])
  })
})
