import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createUser } from '../../application/scim/create-user.ts'
import type { ScimWorld } from '../../application/scim/scim-world.ts'
import { deleteUser, patchUser, replaceUser } from '../../application/scim/users.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { emptyTables, tablesOfPushes } from '../support/empty-tables.ts'
import {
  anyVersion,
  connection,
  employeeBody,
  patchBody,
  pusher,
  scimWorld,
  userBody,
} from '../support/scim-world.ts'

let test: TestDatabase
let world: ScimWorld
let nudges = 0
const workday = connection('workday')
const nobody = '00000000-0000-4000-8000-000000000000'

beforeAll(async () => {
  test = await createTestDatabase()
  world = scimWorld(test.database, {
    nudge: () => {
      nudges += 1
    },
  })
})
afterAll(() => test.close())
beforeEach(async () => {
  nudges = 0
  await emptyTables(test.database, tablesOfPushes)
})

const post = (body: unknown, from = workday) => createUser(world, from, body, pusher)
const patch = (id: string, ...operations: Record<string, unknown>[]) =>
  patchUser(world, workday, id, patchBody(...operations), anyVersion, pusher)
const replaceOp = (path: string, value: unknown) => ({ op: 'replace', path, value })
const identities = () => test.database('identities').orderBy('created_at')
const events = () => test.database('audit_events').orderBy('id')
const rowOf = (id: string) => test.database('scim_users').where({ id }).first()

describe('pushing users', () => {
  it('makes resource, source record, identity, due mark and audit event of one POST (RFC 7644 section 3.3)', async () => {
    const user = await post(employeeBody('1', { emails: [{ value: 'One@Example.com', type: 'work' }] }))
    expect(user).toMatchObject({ type: 'User', version: 1, groups: [], document: { active: true } })
    const [record] = await test.database('source_records')
    expect(record).toMatchObject({ id: user.id, external_id: user.id, source: 'workday', active: true })
    const [identity] = await identities()
    expect(identity).toMatchObject({ id: record.identity_id, user_name: 'user1', active: true })
    expect(await test.database('identity_states').first()).toMatchObject({ due_reason: 'record' })
    expect(await test.database('scim_addresses').first()).toMatchObject({ value_key: 'one@example.com' })
    const [event] = await events()
    expect(event).toMatchObject({
      action: 'scim-user-created',
      identity_id: identity.id,
      detail: { source: 'workday', record: user.id },
    })
    expect(JSON.stringify(event.detail)).not.toMatch(/user1|example/i)
    expect(nudges).toBe(1)
  })

  it('refuses a userName that is taken in any letter case with 409 uniqueness, and another connection may have it', async () => {
    await post(userBody('Anna'))
    await expect(post(userBody('anna'))).rejects.toMatchObject({ status: 409, scimType: 'uniqueness' })
    await post(userBody('anna'), connection('okta'))
    expect(await test.database('scim_users')).toHaveLength(2)
    expect(await test.database('source_records')).toHaveLength(2)
  })

  it('lets one of many that create one userName at once have it', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => post(userBody('same'))))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of tries) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 409, scimType: 'uniqueness' })
    }
    expect(await identities()).toHaveLength(1)
  })

  it('ties people whom two connections create at once to one identity', async () => {
    const numbers = Array.from({ length: 20 }, (_, index) => String(index))
    await Promise.all(
      numbers.flatMap((number) => [
        post(employeeBody(number)),
        post(employeeBody(number), connection('okta')),
      ]),
    )
    const all = await identities()
    expect(all).toHaveLength(20)
    expect(all.every(({ sources }) => sources.join() === 'okta,workday')).toBe(true)
  })

  it('writes what a PATCH changes, and says which attributes those were (RFC 7644 section 3.5.2)', async () => {
    const { id } = await post(employeeBody('1'))
    const user = await patch(id, replaceOp('title', 'Engineer'), replaceOp('active', 'False'))
    expect(user).toMatchObject({ version: 2, document: { title: 'Engineer', active: false } })
    expect(await rowOf(id)).toMatchObject({ active: false, version: '2' })
    const [identity] = await identities()
    expect(identity).toMatchObject({ active: false, attributes: { title: 'Engineer' } })
    const changed = (await events()).find(({ action }) => action === 'scim-user-changed')
    expect(changed).toMatchObject({ detail: { attributes: ['active', 'title'] } })
  })

  it('writes nothing for a PATCH or PUT that changes nothing (RFC 7644 section 3.5.2.1)', async () => {
    const body = employeeBody('1', { title: 'Engineer' })
    const { id } = await post(body)
    const [row, state] = [await rowOf(id), await test.database('identity_states').first()]
    await patch(id, replaceOp('title', 'Engineer'))
    await replaceUser(world, workday, id, body, anyVersion, pusher)
    expect(await rowOf(id)).toEqual(row)
    expect(await test.database('identity_states').first()).toEqual(state)
    expect(await events()).toHaveLength(1)
  })

  it('clears with PUT what the body leaves out, but for active (RFC 7644 section 3.5.1)', async () => {
    const { id } = await post(employeeBody('1', { title: 'Engineer', active: false }))
    const user = await replaceUser(world, workday, id, employeeBody('1'), anyVersion, pusher)
    expect(user.document).not.toHaveProperty('title')
    expect(user.document).toMatchObject({ active: false })
    expect((await identities())[0].attributes).not.toHaveProperty('title')
  })

  it('does nothing where If-Match names another version (RFC 7644 section 3.14)', async () => {
    const { id } = await post(userBody('a'))
    const write = (ifMatch: number | '*') =>
      patchUser(world, workday, id, patchBody(replaceOp('title', 'x')), { ifMatch }, pusher)
    await expect(write(2)).rejects.toMatchObject({ status: 412 })
    expect(await write(1)).toMatchObject({ version: 2 })
    expect(await write('*')).toMatchObject({ version: 2 })
  })

  it('knows nothing of what another connection pushed: 404', async () => {
    const { id } = await post(userBody('a'), connection('okta'))
    await expect(patch(id, replaceOp('title', 'x'))).rejects.toMatchObject({ status: 404 })
    await expect(deleteUser(world, workday, id, anyVersion, pusher)).rejects.toMatchObject({ status: 404 })
    for (const unknown of [nobody, 'nothing', "'"])
      await expect(patch(unknown, replaceOp('title', 'x'))).rejects.toMatchObject({ status: 404 })
  })

  it('lets a userName go with the user (RFC 7644 section 3.6)', async () => {
    const { id } = await post(userBody('a'))
    await deleteUser(world, workday, id, anyVersion, pusher)
    await expect(deleteUser(world, workday, id, anyVersion, pusher)).rejects.toMatchObject({ status: 404 })
    const again = await post(userBody('a'))
    expect(again.id).not.toBe(id)
    // A user name is given to somebody else: without an employee number it is not the same person.
    expect((await identities()).map(({ left_at }) => left_at !== null)).toEqual([true, false])
  })

  it('follows a changed key, and refuses to rename onto another user', async () => {
    const { id } = await post(employeeBody('1'))
    await post(userBody('taken'))
    await patch(id, replaceOp(`${enterpriseUrn}:employeeNumber`, '77'))
    const keys = await test.database('correlation_keys').where({ external_id: id }).orderBy('name')
    expect(keys.map(({ key }) => key)).toEqual(['77', 'user1'])
    await expect(patch(id, replaceOp('userName', 'TAKEN'))).rejects.toMatchObject({ scimType: 'uniqueness' })
    expect(await rowOf(id)).toMatchObject({ user_name_key: 'user1' })
  })
})
