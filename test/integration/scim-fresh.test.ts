import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { composeIdentity } from '../../application/compose-identity.ts'
import { createFresh } from '../../application/scim/create-fresh.ts'
import { createUser } from '../../application/scim/create-user.ts'
import { createLinked } from '../../application/scim/create-users.ts'
import { createGroup, patchGroup } from '../../application/scim/groups.ts'
import { readNewUser } from '../../application/scim/new-user.ts'
import type { ScimWorld } from '../../application/scim/scim-world.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { emptyTables, tablesOfPushes } from '../support/empty-tables.ts'
import { readRows } from '../support/merge-world.ts'
import { row } from '../support/rows.ts'
import {
  addMembers,
  anyVersion,
  connection,
  employeeBody,
  groupBody,
  pusher,
  scimWorld,
  userBody,
} from '../support/scim-world.ts'

let test: TestDatabase
let world: ScimWorld
const workday = connection('workday')

beforeAll(async () => {
  test = await createTestDatabase()
  world = scimWorld(test.database, { clock: () => new Date('2026-11-25T12:00:00Z') })
})
afterAll(() => test.close())

interface Given {
  /** Employee numbers of the people whom a directory brought before. */
  readonly known: readonly string[]
  readonly bodies: readonly unknown[]
}

const number = fc.constantFrom('1', '2', '3', '4')
const person = fc
  .record({
    employeeNumber: fc.option(number, { nil: undefined }),
    active: fc.option(fc.boolean(), { nil: undefined }),
    email: fc.option(fc.constantFrom('a@example.com', 'B@Example.com', 'no mailbox'), { nil: undefined }),
    phone: fc.option(fc.constantFrom('0151 12345678', '+49 30 1234567', 'none'), { nil: undefined }),
  })
  .map(({ employeeNumber, active, email, phone }) => ({
    ...(active === undefined ? {} : { active }),
    ...(email === undefined ? {} : { emails: [{ value: email, type: 'work' }] }),
    ...(phone === undefined ? {} : { phoneNumbers: [{ value: phone, type: 'mobile' }] }),
    ...(employeeNumber === undefined ? {} : { [enterpriseUrn]: { employeeNumber } }),
  }))
const given: fc.Arbitrary<Given> = fc.record({
  known: fc.uniqueArray(number, { maxLength: 2 }),
  bodies: fc
    .array(person, { minLength: 1, maxLength: 5 })
    .map((people) => people.map((more, index) => userBody(`User${index}`, more))),
})

/** Everything that stands after these people were created, each id told by whose it is. */
async function standAfter({ known, bodies }: Given, create: (bodies: readonly unknown[]) => Promise<void>) {
  await emptyTables(test.database, [...tablesOfPushes, 'runs', 'sources'])
  await readRows(
    world,
    'corp',
    known.map((employeeNumber) =>
      row(`corp-${employeeNumber}`, { attributes: { [enterpriseUrn]: { employeeNumber } } }),
    ),
  )
  await create(bodies)
  const { rows } = await test.database.raw(`
    with people as (
      select i.id, string_agg(coalesce(u.user_name_key, r.external_id), '+' order by u.user_name_key, r.external_id) as name
      from identities i join source_records r on r.identity_id = i.id left join scim_users u on u.id = r.id group by i.id),
    named as (
      select id, name from people union all select id, user_name_key from scim_users)
    select 'user' as kind, u.user_name_key as of, to_jsonb(u) - 'id' as it from scim_users u
    union all select 'address', u.user_name_key, to_jsonb(a) - 'user_id' from scim_addresses a join scim_users u on u.id = a.user_id
    union all select 'record', coalesce(u.user_name_key, r.external_id),
      to_jsonb(r) - '{id,identity_id,external_id,changed_run}'::text[] || jsonb_build_object('identity', p.name)
      from source_records r left join scim_users u on u.id = r.id left join people p on p.id = r.identity_id
    union all select 'key', coalesce(n.name, k.external_id),
      to_jsonb(k) - '{identity_id,external_id}'::text[] || jsonb_build_object('identity', p.name)
      from correlation_keys k left join named n on n.id::text = k.external_id join people p on p.id = k.identity_id
    union all select 'identity', p.name, to_jsonb(i) - 'id' from identities i join people p on p.id = i.id
    union all select 'state', p.name, jsonb_build_object('due_at', s.due_at, 'reason', s.due_reason)
      from identity_states s join people p on p.id = s.identity_id
    union all select 'event', n.name, to_jsonb(e) - '{id,number,identity_id,detail}'::text[]
        || jsonb_build_object('identity', p.name, 'attributes', e.detail -> 'attributes', 'source', e.detail -> 'source')
      from audit_events e join named n on n.id::text = e.detail ->> 'record' left join people p on p.id = e.identity_id
    order by kind, of, it`)
  return rows
}

const readAll = (bodies: readonly unknown[]) =>
  bodies.map((body) => readNewUser(world, workday, body, pusher))

/** The long way: each is tied to whom its keys lead to, step by step. */
async function createOneByOne(bodies: readonly unknown[]): Promise<void> {
  for (const user of readAll(bodies))
    await world.store.transaction((trx) => createLinked(trx, world, [user], world.clock()))
}

async function createTogether(bodies: readonly unknown[]): Promise<void> {
  await world.store.transaction(async (trx) => {
    const others = await createFresh(trx, world, readAll(bodies), world.clock())
    await createLinked(trx, world, others, world.clock())
  })
}

async function createAtOnce(bodies: readonly unknown[]): Promise<void> {
  for (const body of bodies) await createUser(world, workday, body, pusher)
}

it('writes of people created in one statement what it writes of them step by step', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (one) => {
      const expected = await standAfter(one, createOneByOne)
      expect(await standAfter(one, createTogether)).toEqual(expected)
      expect(await standAfter(one, createAtOnce)).toEqual(expected)
    }),
    { numRuns: 15 },
  )
})

it('refuses only the one whose name is taken, of many that come together', async () => {
  await emptyTables(test.database, tablesOfPushes)
  await createUser(world, workday, userBody('taken'), pusher)
  const names = ['a', 'b', 'Taken', 'c', 'd']
  const tries = await Promise.allSettled(
    names.map((name) => createUser(world, workday, userBody(name), pusher)),
  )
  expect(tries.map(({ status }) => status)).toEqual(
    names.map((name) => (name === 'Taken' ? 'rejected' : 'fulfilled')),
  )
  expect(tries[2]).toMatchObject({ reason: { status: 409, scimType: 'uniqueness' } })
  expect(await test.database('identities')).toHaveLength(5)
})

it('gives people the groups that their records would be composed with, whoever else brings them', async () => {
  await emptyTables(test.database, [...tablesOfPushes, 'runs', 'sources'])
  await readRows(world, 'corp', [row('corp-1', { attributes: { [enterpriseUrn]: { employeeNumber: '1' } } })])
  const people = await Promise.all(
    ['1', '2', '3'].map(async (each) => (await createUser(world, workday, employeeBody(each), pusher)).id),
  )
  const names = ['\u{1F680}', '\uFFFD', 'b', 'a']
  const groups: string[] = []
  for (const name of names) groups.push((await createGroup(world, workday, groupBody(name), pusher)).id)
  const [one = '', two = '', three = ''] = people
  const [inner = '', second = '', third = '', outer = ''] = groups
  const add = (group: string, ...members: string[]) =>
    patchGroup(world, workday, group, addMembers(...members), anyVersion, pusher)
  for (const members of [
    [outer, inner, one],
    [inner, one, two],
    [second, two, three],
    [third, one, three],
  ]) {
    const [group = '', ...ids] = members
    await add(group, ...ids)
    await expectComposed()
  }
})

/** Every identity is what its records make of it now. */
async function expectComposed(): Promise<void> {
  const ids: string[] = await test.database('identities').pluck('id')
  await world.store.transaction(async (trx) => {
    for (const identity of await world.store.identities.readIdentities(trx, ids)) {
      const records = await world.store.records.readRecordsOfIdentities(trx, [identity.id])
      expect(identity).toEqual(composeIdentity(identity.id, records, world.derivation, world.clock()))
    }
  })
}
