import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createUser } from '../../application/scim/create-user.ts'
import { createGroup, deleteGroup, patchGroup, replaceGroup } from '../../application/scim/groups.ts'
import type { ScimWorld } from '../../application/scim/scim-world.ts'
import { deleteUser } from '../../application/scim/users.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { emptyTables, tablesOfPushes } from '../support/empty-tables.ts'
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
let people: readonly string[]
const workday = connection('workday')
const nobody = '00000000-0000-4000-8000-000000000000'

beforeAll(async () => {
  test = await createTestDatabase()
  world = scimWorld(test.database)
})
afterAll(() => test.close())
beforeEach(async () => {
  await emptyTables(test.database, tablesOfPushes)
  people = []
  for (const name of ['a', 'b', 'c'])
    people = [...people, (await createUser(world, workday, userBody(name), pusher)).id]
})

const make = async (name: string, members: readonly string[] = []) =>
  (await createGroup(world, workday, groupBody(name, members), pusher)).id
const patch = (id: string, body: unknown) => patchGroup(world, workday, id, body, anyVersion, pusher)
const rename = (id: string, value: string) =>
  patch(id, patchBody({ op: 'replace', path: 'displayName', value }))
const versionOf = async (id: string) =>
  Number((await test.database('scim_groups').where({ id }).first()).version)

/** The groups of a, b and c as their source records say them, and as their identities do: always the same. */
async function groupsOfPeople(): Promise<readonly string[]> {
  const { rows } = await test.database.raw(
    `select r.groups, i.attributes -> 'groups' as composed from scim_users u
     join source_records r on r.id = u.id join identities i on i.id = r.identity_id order by u.user_name_key`,
  )
  return rows.map((row: { groups: string[]; composed: { value: string }[] | null }) => {
    expect((row.composed ?? []).map(({ value }) => value)).toEqual(row.groups)
    return row.groups.join('+')
  })
}

describe('pushing groups', () => {
  it('gives members the name of their group and makes them due (RFC 7643 section 4.2)', async () => {
    await test.database('identity_states').update({ due_at: null })
    await make('staff', people.slice(0, 2))
    expect(await groupsOfPeople()).toEqual(['staff', 'staff', ''])
    expect(await test.database('identity_states').whereNotNull('due_at')).toHaveLength(2)
  })

  it('adds, removes and clears members in the order of the operations (RFC 7644 section 3.5.2)', async () => {
    const [a = '', b = '', c = ''] = people
    const id = await make('staff', [a])
    await patch(
      id,
      patchBody(
        { op: 'Remove', path: `members[value eq "${a}"]` },
        { op: 'Add', path: 'members', value: [{ $ref: null, value: b }, { value: c }] },
      ),
    )
    expect(await groupsOfPeople()).toEqual(['', 'staff', 'staff'])
    await patch(id, patchBody({ op: 'Remove', path: 'members', value: [{ $ref: null, value: b }] }))
    expect(await groupsOfPeople()).toEqual(['', '', 'staff'])
    await patch(id, patchBody({ op: 'remove', path: 'members' }))
    expect(await groupsOfPeople()).toEqual(['', '', ''])
    expect(await versionOf(id)).toBe(4)
  })

  it('leaves version and people alone where everybody is a member already', async () => {
    const id = await make('staff', people)
    await test.database('identity_states').update({ due_at: null })
    expect(await patch(id, addMembers(...people))).toMatchObject({ version: 1 })
    expect(await test.database('identity_states').whereNotNull('due_at')).toHaveLength(0)
  })

  it('refuses a PATCH whole that names a member which the connection does not have: 400 invalidValue', async () => {
    const id = await make('staff')
    const other = await createUser(world, connection('okta'), userBody('z'), pusher)
    for (const unknown of [nobody, other.id, 'nothing']) {
      const body = addMembers(people[0] ?? '', unknown)
      await expect(patch(id, body)).rejects.toMatchObject({ status: 400, scimType: 'invalidValue' })
    }
    await expect(patch(id, addMembers(id))).rejects.toMatchObject({ scimType: 'invalidValue' })
    expect(await groupsOfPeople()).toEqual(['', '', '', ''])
    expect(await versionOf(id)).toBe(1)
  })

  it('resolves nested groups, through rings too', async () => {
    const inner = await make('inner', people.slice(0, 1))
    const middle = await make('middle', [inner, people[1] ?? ''])
    const outer = await make('outer', [middle])
    expect(await groupsOfPeople()).toEqual(['inner+middle+outer', 'middle+outer', ''])
    await patch(inner, addMembers(outer))
    expect(await groupsOfPeople()).toEqual(['inner+middle+outer', 'inner+middle+outer', ''])
    await patch(middle, patchBody({ op: 'remove', path: `members[value eq "${inner}"]` }))
    expect(await groupsOfPeople()).toEqual(['inner', 'inner+middle+outer', ''])
  })

  it('renames a group for everybody beneath it', async () => {
    const inner = await make('inner', people.slice(0, 1))
    const outer = await make('outer', [inner])
    await rename(outer, 'everyone')
    expect(await groupsOfPeople()).toEqual(['everyone+inner', '', ''])
  })

  it('takes a deleted group off everybody beneath it, and moves the version of what it was nested in', async () => {
    const inner = await make('inner', people)
    const outer = await make('outer', [inner])
    await deleteGroup(world, workday, inner, anyVersion, pusher)
    expect(await groupsOfPeople()).toEqual(['', '', ''])
    expect(await versionOf(outer)).toBe(2)
    await expect(deleteGroup(world, workday, inner, anyVersion, pusher)).rejects.toMatchObject({
      status: 404,
    })
  })

  it('has exactly the members of a PUT afterwards (RFC 7644 section 3.5.1)', async () => {
    const inner = await make('inner', people.slice(2))
    const id = await make('staff', [people[0] ?? '', inner])
    await replaceGroup(world, workday, id, groupBody('staff', people.slice(1, 2)), anyVersion, pusher)
    expect(await groupsOfPeople()).toEqual(['', 'staff', 'inner'])
    const same = groupBody('staff', people.slice(1, 2))
    expect(await replaceGroup(world, workday, id, same, anyVersion, pusher)).toMatchObject({ version: 2 })
  })

  it('moves the version of the groups that a deleted user was in', async () => {
    const [one, two] = [await make('one', people), await make('two')]
    await deleteUser(world, workday, people[0] ?? '', anyVersion, pusher)
    expect([await versionOf(one), await versionOf(two)]).toEqual([2, 1])
    expect(await test.database('scim_members')).toHaveLength(2)
  })

  it('refuses a displayName that is taken in any letter case with 409 uniqueness', async () => {
    await make('Staff')
    const other = await make('other')
    await expect(make('staff')).rejects.toMatchObject({ status: 409, scimType: 'uniqueness' })
    await expect(rename(other, 'STAFF')).rejects.toMatchObject({ status: 409, scimType: 'uniqueness' })
  })
})
