import type { Knex } from 'knex'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openScimReads } from '../../bin/compose/scim-reads.ts'
import { describeResource } from '../../scim/filter/describe-resource.ts'
import { parseResourceFilter } from '../../scim/filter/parse-resource-filter.ts'
import { groupSchema } from '../../scim/group-schema.ts'
import type { ResourceSchema } from '../../scim/scim-schema.ts'
import { userSchema } from '../../scim/user-schema.ts'
import { type Database, openDatabase } from '../../store/database.ts'
import type { ResourceQuery } from '../../store/read/resource-query.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { pageScimGroups, pageScimUsers, readScimUser } from '../support/scim-reads.ts'

const users = userSchema({})
let db: TestDatabase
let explainer: Client

/** Twenty thousand people and two thousand groups in one connection, every person in one group. */
beforeAll(async () => {
  db = await createTestDatabase()
  explainer = new Client({ connectionString: db.url })
  await explainer.connect()
  await makePeople('hr', 20_000)
  await db.database.raw(`
    insert into scim_addresses (user_id, source, attribute, value_key)
      select id, source, 'emails', document ->> 'userName' || '@x.com' from scim_users;
    insert into scim_groups (id, source, display_name, display_name_key, created_at, modified_at, document)
      select gen_random_uuid(), 'hr', 'Team ' || n, 'team ' || n, now(), now(), jsonb_build_object('displayName', 'Team ' || n)
      from generate_series(1, 2000) n;
    insert into scim_members (group_id, user_id)
      select g.id, u.id from (select id, row_number() over () as n from scim_users) u
      join (select id, row_number() over () as n from scim_groups) g on u.n % 2000 + 1 = g.n;
    analyze`)
})
afterAll(async () => {
  await explainer.end()
  await db.close()
})

async function makePeople(source: string, count: number): Promise<void> {
  await db.database.raw(
    `insert into scim_users (id, source, user_name_key, external_id, display_name_key, active, created_at, modified_at, document)
     select gen_random_uuid(), ?::text, 'u' || n, 'x' || n, 'person ' || n, true, at, at,
       jsonb_build_object('userName', 'u' || n, 'externalId', 'x' || n, 'displayName', 'Person ' || n, 'active', true,
         'emails', jsonb_build_array(jsonb_build_object('type', 'work', 'value', 'u' || n || '@x.com')))
     from (select n, timestamptz '2026-01-01' + n * interval '1 second' as at from generate_series(1, ?) n) made`,
    [source, count],
  )
}

/** How PostgreSQL would run each statement that `work` sends. */
async function explain(work: () => Promise<unknown>): Promise<string> {
  const sent: { sql: string; bindings: unknown[] }[] = []
  const note = ({ sql, bindings }: Knex.Sql & { bindings: unknown[] }) => sent.push({ sql, bindings })
  db.database.on('query', note)
  await work()
  db.database.off('query', note)
  let plan = ''
  for (const { sql, bindings } of sent.filter((each) => /^\s*select/i.test(each.sql))) {
    const { rows } = await explainer.query<Record<string, string>>(`explain ${sql}`, bindings)
    plan += rows.map((row) => row['QUERY PLAN']).join('\n')
  }
  return plan
}

/** How often each statement of a connection was planned for its own values, after as many look-ups as a minute has. */
async function countPlans(work: (database: Database) => Promise<unknown>): Promise<Record<string, number>> {
  const database = openDatabase({ url: db.url, poolSize: 1 })
  try {
    for (let at = 0; at < 20; at += 1) await work(database)
    const { rows } = await database.raw('select name, custom_plans::int as plans from pg_prepared_statements')
    return Object.fromEntries(rows.map(({ name, plans }: { name: string; plans: number }) => [name, plans]))
  } finally {
    await database.destroy()
  }
}

function query(schema: ResourceSchema, filter: string | null, given: Partial<ResourceQuery> = {}) {
  return {
    filter: filter === null ? null : parseResourceFilter(schema, filter, { maxBytes: 4096 }),
    sort: null,
    page: { kind: 'index', start: 1, count: 100 } as const,
    groups: true,
    members: true,
    ...given,
  }
}

describe('a look-up goes through an index, not through twenty thousand people', () => {
  test.each([
    ['userName eq "U77"', 'scim_users_user_name'],
    ['externalId eq "x77"', 'scim_users_external_id'],
    ['displayName eq "PERSON 77"', 'scim_users_display_name'],
    ['emails eq "U77@x.com"', 'scim_addresses_value'],
    ['emails[type eq "work" and value eq "u77@x.com"]', 'scim_addresses_value'],
    ['emails[type eq "work"].value eq "u77@x.com"', 'scim_addresses_value'],
    ['userName eq "u77" or emails.value eq "u78@x.com"', 'scim_addresses_value'],
    ['active eq true and (userName eq "u77" or externalId eq "x78")', 'scim_users_external_id'],
    ['id eq "01890000-0000-7000-8000-000000000000"', 'scim_users_order'],
    ['id eq "not-an-id"', 'scim_users_order'],
    ['meta.lastModified gt "2026-01-01T05:30:00Z"', 'scim_users_modified'],
    ['groups.display eq "Team 7"', 'scim_groups_display_name'],
    ['groups.value eq "01890000-0000-7000-8000-000000000000"', 'scim_members_pkey'],
  ])('%s', async (filter, index) => {
    const plan = await explain(() => pageScimUsers(db.database, 'hr', query(users, filter)))
    expect(plan).toContain(index)
    expect(plan).not.toContain('Seq Scan on scim_users')
  })

  test.each([
    ['displayName eq "TEAM 7"', 'scim_groups_display_name'],
    ['members[value eq "01890000-0000-7000-8000-000000000000"]', 'scim_members_user'],
  ])('%s', async (filter, index) => {
    const plan = await explain(() =>
      pageScimGroups(
        db.database,
        'hr',
        query(groupSchema, filter, { page: { kind: 'index', start: 1, count: 1 } }),
      ),
    )
    expect(plan).toContain(index)
    expect(plan).not.toContain('Seq Scan on scim_members')
  })

  test('a resource by its id, and the pages of every order that has an index', async () => {
    const [first] = await db.database('scim_users').limit(1).pluck<string[]>('id')
    expect(await explain(() => readScimUser(db.database, 'hr', first ?? '', { groups: true }))).toMatch(
      /Index Scan using scim_users_(pkey|order)/,
    )
    const page = { kind: 'cursor', after: null, count: 50 } as const
    for (const [name, index] of [
      ['id', 'scim_users_order'],
      ['meta.lastModified', 'scim_users_modified'],
      ['userName', 'scim_users_user_name'],
    ] as const) {
      const attribute = describeResource(users).attributes.get(name.toLowerCase())
      if (attribute === undefined) throw new Error(name)
      for (const descending of [false, true]) {
        const { next } = await pageScimUsers(
          db.database,
          'hr',
          query(users, null, { page, sort: { attribute, descending } }),
        )
        const plan = await explain(() =>
          pageScimUsers(
            db.database,
            'hr',
            query(users, null, { page: { ...page, after: next }, sort: { attribute, descending } }),
          ),
        )
        expect(plan).toContain(index)
        expect(plan).not.toContain('Seq Scan on scim_users')
      }
    }
  })

  test('a page that shows no memberships reads none', async () => {
    const plan = await explain(() =>
      pageScimUsers(db.database, 'hr', { ...query(users, 'title eq "x"'), groups: false }),
    )
    expect(plan).not.toContain('scim_members')
    expect(await explain(() => pageScimUsers(db.database, 'hr', query(users, 'title eq "x"')))).toContain(
      'scim_members',
    )
  })
})

describe('what no index knows (RFC 7644 section 3.12, tooMany)', () => {
  test('is looked for among fifty thousand resources, and refused among more', async () => {
    await makePeople('big', 50_000)
    const broad = query(users, 'title eq "x"', { page: { kind: 'index', start: 1, count: 1 } })
    expect(await pageScimUsers(db.database, 'big', broad)).toMatchObject({ total: 0 })
    await db.database.raw(
      `insert into scim_users (id, source, user_name_key, active, created_at, modified_at, document)
       values (gen_random_uuid(), 'big', 'one-more', true, now(), now(), '{}')`,
    )
    for (const filter of [
      'title eq "x"',
      'userName sw "u"',
      'not (userName eq "u1")',
      'userName eq "u1" or title eq "x"',
      'externalId ne "x1"',
    ]) {
      await expect(pageScimUsers(db.database, 'big', query(users, filter))).rejects.toMatchObject({
        code: 'filter-too-broad',
      })
    }
    const attribute = describeResource(users).attributes.get('title')
    if (attribute === undefined) throw new Error('title')
    const sorted = query(users, null, { sort: { attribute, descending: false } })
    await expect(pageScimUsers(db.database, 'big', sorted)).rejects.toMatchObject({
      code: 'filter-too-broad',
    })
    expect(await pageScimUsers(db.database, 'big', query(users, null))).toMatchObject({ total: 50_001 })
    expect(
      await pageScimUsers(db.database, 'big', query(users, 'title eq "x" and userName eq "u1"')),
    ).toMatchObject({
      total: 0,
    })
  })
})

test('a look-up by id or by name is planned a few times, and then run as it was planned', async () => {
  const ids = await db.database('scim_users').limit(3).pluck<string[]>('id')
  const plans = await countPlans(async (database) => {
    const reads = openScimReads(database)
    await Promise.all(ids.map((id) => reads.readUser('hr', id, { groups: true })))
    await Promise.all(
      ['u1', 'u2'].map((name) => reads.pageUsers('hr', query(users, `userName eq "${name}"`))),
    )
  })
  // PostgreSQL tries five times whether the values make a better plan.
  expect(plans).toEqual({
    'read-scim_users-whole': 5,
    'page-scim_users-user_name_key-whole': 5,
  })
})
