import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { overrideCorrelation } from '../../application/override-correlation.ts'
import { createUser } from '../../application/scim/create-user.ts'
import type { ScimWorld } from '../../application/scim/scim-world.ts'
import { deleteUser, patchUser } from '../../application/scim/users.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { emptyTables, tablesOfPushes } from '../support/empty-tables.ts'
import { readRows } from '../support/merge-world.ts'
import { row } from '../support/rows.ts'
import {
  anyVersion,
  connection,
  employeeBody,
  giveAccess,
  patchBody,
  pusher,
  scimWorld,
} from '../support/scim-world.ts'

let test: TestDatabase
let world: ScimWorld
const workday = connection('workday')
const okta = connection('okta')

beforeAll(async () => {
  test = await createTestDatabase()
  world = scimWorld(test.database)
})
afterAll(() => test.close())
beforeEach(async () => {
  await emptyTables(test.database, [
    ...tablesOfPushes,
    'challenges',
    'rights',
    'enrollments',
    'runs',
    'sources',
  ])
})

const push = (number: string, from = workday, more = {}) =>
  createUser(world, from, employeeBody(number, more), pusher)
const setActive = (id: string, value: unknown, from = workday) =>
  patchUser(world, from, id, patchBody({ op: 'Replace', path: 'active', value }), anyVersion, pusher)
const remove = (id: string, from = workday) => deleteUser(world, from, id, anyVersion, pusher)
const personOf = async (number: string) =>
  (
    await test
      .database('identities')
      .whereRaw(`attributes -> ? ->> 'employeeNumber' = ?`, [enterpriseUrn, number])
  )[0]
const rightOf = (identity_id: string) => test.database('rights').where({ identity_id }).first()
const byDirectory = (number: string, more = {}) =>
  readRows(world, 'corp', [
    row(`dir-${number}`, {
      attributes: { userName: `dir${number}`, [enterpriseUrn]: { employeeNumber: number }, ...more },
    }),
  ])

/** Nothing that was open is open, nothing that was usable is usable; the reason is written down. */
async function expectShutOff(identity: string, access: { challengeId: string; enrollmentId: string }) {
  expect(await rightOf(identity)).toMatchObject({ effective: false })
  expect(await test.database('enrollments').where({ id: access.enrollmentId }).first()).toMatchObject({
    status: 'suspended',
    status_reason: 'right-lost',
  })
  expect(await test.database('challenges').where({ id: access.challengeId }).first()).toMatchObject({
    status: 'cancelled',
    nonce: null,
  })
  const [event] = await test.database('audit_events').where({ action: 'identity-shut-off' })
  expect(event).toMatchObject({
    identity_id: identity,
    actor_id: 'token',
    detail: { rights: ['otp-email'], enrollments: [access.enrollmentId] },
  })
}

describe('a leaver', () => {
  it('is out with the PATCH that says so: rights, enrollments and challenges in one transaction', async () => {
    const { id } = await push('1')
    const { id: identity } = await personOf('1')
    const access = await giveAccess(world, identity)
    await setActive(id, 'False')
    await expectShutOff(identity, access)
    // One transaction wrote them: its number is on every row.
    const { rows } = await test.database.raw(
      `select count(distinct xmin)::int as n from (
         select xmin::text from scim_users union all select xmin::text from source_records
         union all select xmin::text from identities union all select xmin::text from identity_states
         union all select xmin::text from rights union all select xmin::text from enrollments
         union all select xmin::text from challenges
         union all select xmin::text from audit_events where action = 'identity-shut-off') written`,
    )
    expect(rows[0].n).toBe(1)
    expect(await personOf('1')).toMatchObject({ active: false, left_at: null })
    // A grant of a person outlasts a leave.
    expect((await rightOf(identity)).origins).toHaveLength(2)
  })

  it('is out with the DELETE, and what a person granted has ended', async () => {
    const { id } = await push('1')
    const { id: identity } = await personOf('1')
    const access = await giveAccess(world, identity)
    await remove(id)
    await expectShutOff(identity, access)
    const gone = await personOf('1')
    expect(gone).toMatchObject({ active: false, sources: [] })
    expect(gone.left_at).not.toBeNull()
    expect((await rightOf(identity)).origins.map(({ kind }: { kind: string }) => kind)).toEqual(['policy'])
    expect(await test.database('scim_users')).toHaveLength(0)
    expect(await test.database('source_records').first()).toMatchObject({ active: false, attributes: {} })
  })

  it('is the same person when hired again, and active', async () => {
    const first = await push('1')
    const { id: identity } = await personOf('1')
    await remove(first.id)
    const second = await push('1')
    expect(second.id).not.toBe(first.id)
    expect(await personOf('1')).toMatchObject({ id: identity, active: true, left_at: null })
    expect(await test.database('identities')).toHaveLength(1)
    await remove(second.id)
    expect(await personOf('1')).toMatchObject({ active: false })
  })

  it('comes back as it was when the source says active again', async () => {
    const { id } = await push('1')
    await setActive(id, false)
    await test.database('identity_states').update({ due_at: null })
    await setActive(id, 'True')
    expect(await personOf('1')).toMatchObject({ active: true })
    expect((await test.database('identity_states').first()).due_at).not.toBeNull()
  })

  it('stays out while the directory still has the person, until the source brings them back', async () => {
    await byDirectory('1', { title: 'Engineer' })
    const { id } = await push('1', workday, { nickName: 'Uno' })
    const { id: identity } = await personOf('1')
    expect(await test.database('identities')).toHaveLength(1)
    await remove(id)
    const out = await personOf('1')
    expect(out).toMatchObject({ active: false, sources: ['corp'], left_at: null })
    // A deleted record gives nothing any more.
    expect(out.attributes).toMatchObject({ title: 'Engineer' })
    expect(out.attributes).not.toHaveProperty('nickName')
    await byDirectory('1', { title: 'Director' })
    expect(await personOf('1')).toMatchObject({ active: false, attributes: { title: 'Director' } })
    await push('1')
    expect(await personOf('1')).toMatchObject({ id: identity, active: true, sources: ['corp', 'workday'] })
  })

  it('is let back by a person who unlinks what the source deleted', async () => {
    await byDirectory('1')
    const { id } = await push('1')
    const { id: identity } = await personOf('1')
    await remove(id)
    const word = { source: 'workday', externalId: id, identityId: identity, actor: pusher, reason: null }
    await expect(overrideCorrelation(world, { kind: 'link', ...word })).rejects.toMatchObject({
      code: 'usage',
    })
    await overrideCorrelation(world, { kind: 'unlink', ...word })
    expect(await personOf('1')).toMatchObject({ active: true, sources: ['corp'] })
  })

  it('of one connection is out though another still has them active', async () => {
    const first = await push('1')
    await push('1', okta)
    const { id: identity } = await personOf('1')
    expect(await test.database('identities')).toHaveLength(1)
    const access = await giveAccess(world, identity)
    await setActive(first.id, false)
    await expectShutOff(identity, access)
  })

  it('is none where the connection is not asked about activity (architecture rule 6)', async () => {
    const badge = connection('badge')
    await push('1')
    const pushed = await push('1', badge)
    const { id: identity } = await personOf('1')
    await giveAccess(world, identity)
    await setActive(pushed.id, false, badge)
    await remove(pushed.id, badge)
    expect(await personOf('1')).toMatchObject({ active: true, sources: ['workday'] })
    expect(await rightOf(identity)).toMatchObject({ effective: true })
    expect(await test.database('challenges').first()).toMatchObject({ status: 'pending' })
  })

  it('leaves a user name to the next, who is somebody else', async () => {
    const body = { schemas: [], userName: 'anna' }
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User']
    const first = await createUser(world, workday, { ...body, schemas }, pusher)
    await remove(first.id)
    await createUser(world, okta, { ...body, schemas }, pusher)
    expect(await test.database('identities')).toHaveLength(2)
  })
})
