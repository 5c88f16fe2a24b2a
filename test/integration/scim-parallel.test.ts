import { afterAll, beforeAll, expect, it } from 'vitest'
import { createUser } from '../../application/scim/create-user.ts'
import { createGroup, patchGroup } from '../../application/scim/groups.ts'
import type { ScimWorld } from '../../application/scim/scim-world.ts'
import { deleteUser, patchUser } from '../../application/scim/users.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  addMembers,
  anyVersion,
  connection,
  groupBody,
  patchBody,
  pusher,
  scimWorld,
  userBody,
} from '../support/scim-world.ts'

let test: TestDatabase
let world: ScimWorld
const workday = connection('workday')

beforeAll(async () => {
  test = await createTestDatabase()
  world = scimWorld(test.database)
})
afterAll(() => test.close())

const newUser = async (name: string) => (await createUser(world, workday, userBody(name), pusher)).id
const newGroup = async (name: string) => (await createGroup(world, workday, groupBody(name), pusher)).id
const patch = (id: string, body: unknown) => patchGroup(world, workday, id, body, anyVersion, pusher)

/** What memberships say, and what everybody's record and identity say: the same. */
async function expectConsistent(): Promise<void> {
  const { rows } = await test.database.raw(
    `with recursive above(user_id, group_id) as (
       select user_id, group_id from scim_members
       union select a.user_id, n.group_id from above a join scim_nested_groups n on n.child_id = a.group_id)
     select r.external_id from scim_users u join source_records r on r.id = u.id join identities i on i.id = r.identity_id
     where r.groups is distinct from (select coalesce(jsonb_agg(g.display_name order by g.display_name collate "C"), '[]')
         from above a join scim_groups g on g.id = a.group_id where a.user_id = u.id)
       or r.groups is distinct from coalesce(jsonb_path_query_array(i.attributes, '$.groups[*].value'), '[]')`,
  )
  expect(rows).toEqual([])
}

it('loses nothing of 200 parallel writers on one group and one user', async () => {
  const people = await Promise.all(Array.from({ length: 20 }, (_, index) => newUser(`u${index}`)))
  const [one = ''] = people
  const groups = await Promise.all(['red', 'green', 'blue', 'grey'].map(newGroup))
  const [red = ''] = groups
  const work = Array.from({ length: 200 }, (_, index) => {
    const person = people[index % 20] ?? ''
    switch (index % 4) {
      case 0:
        return patch(red, addMembers(person, people[(index + 7) % 20] ?? ''))
      case 1:
        return patch(groups[index % 3] ?? '', addMembers(one))
      case 2:
        return patchUser(
          world,
          workday,
          one,
          patchBody({ op: 'add', path: 'roles', value: [{ value: `role-${index}` }] }),
          anyVersion,
          pusher,
        )
      default:
        return patch(red, patchBody({ op: 'remove', path: `members[value eq "${people[3] ?? ''}"]` }))
    }
  })
  await Promise.all(work)
  await expectConsistent()
  const { document, version } = await test.database('scim_users').where({ id: one }).first()
  expect(document.roles).toHaveLength(50)
  expect(Number(version)).toBe(51)
  const [record] = await test.database('source_records').where({ id: one })
  expect(record.attributes.roles).toHaveLength(50)
  expect(record.groups).toEqual(expect.arrayContaining(['blue', 'green', 'red']))
})

it('keeps everybody in step while groups are nested and renamed, and people are added and deleted at once', async () => {
  const people = await Promise.all(Array.from({ length: 12 }, (_, index) => newUser(`p${index}`)))
  const [a = '', b = '', c = ''] = await Promise.all(['a', 'b', 'c'].map(newGroup))
  await Promise.all(
    [
      ...people.map((id) => patch(a, addMembers(id))),
      patch(b, addMembers(a)),
      patch(c, addMembers(b)),
      patch(c, patchBody({ op: 'replace', path: 'displayName', value: 'renamed' })),
      ...people.slice(0, 3).map((id) => deleteUser(world, workday, id, anyVersion, pusher)),
    ].map((one) =>
      one.catch((fault: unknown) => {
        // A member that was deleted meanwhile is unknown; nothing else may fail.
        expect(fault).toMatchObject({ status: 400, scimType: 'invalidValue' })
      }),
    ),
  )
  await expectConsistent()
  const { rows } = await test.database.raw(
    `select distinct groups from source_records r join scim_users u on u.id = r.id where u.user_name_key like 'p%'`,
  )
  expect(rows).toEqual([{ groups: ['a', 'b', 'renamed'] }])
})
