import { afterAll, beforeAll, expect, it } from 'vitest'
import { createUser } from '../../application/scim/create-user.ts'
import { deriveAnew } from '../../application/scim/derive-anew.ts'
import { createGroup } from '../../application/scim/groups.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connection, employeeBody, groupBody, pusher, scimWorld } from '../support/scim-world.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await createTestDatabase()
})
afterAll(() => test.close())

it('lets a changed list of countries reach people who were pushed, once, and keeps their groups', async () => {
  const world = scimWorld(test.database)
  const workday = connection('workday')
  const phoneNumbers = [{ value: '+33612345678', type: 'mobile' }]
  const user = await createUser(world, workday, employeeBody('1', { phoneNumbers }), pusher)
  await createGroup(world, workday, groupBody('staff', [user.id]), pusher)
  await deriveAnew(world, [workday])
  const settle = () => test.database('identity_states').update({ due_at: null })
  const due = () => test.database('identity_states').whereNotNull('due_at')
  await settle()
  await deriveAnew(world, [workday])
  expect(await due()).toHaveLength(0)
  const german = { ...world, derivation: { ...world.derivation, countries: new Set(['DE']) } }
  await deriveAnew(german, [workday])
  expect(await due()).toHaveLength(1)
  const [identity] = await test.database('identities')
  expect(identity.addresses).toMatchObject([{ unusable: 'forbidden-country' }])
  expect(identity.attributes.groups).toMatchObject([{ value: 'staff' }])
  await settle()
  await deriveAnew(german, [workday])
  expect(await due()).toHaveLength(0)
})

it('follows the settings of the connection itself, and keys that are new', async () => {
  const world = scimWorld(test.database)
  const okta = connection('okta')
  await createUser(world, okta, employeeBody('2', { emails: [{ value: 'two@example.com' }] }), pusher)
  await deriveAnew(world, [okta])
  const claimed = connection('okta', { trust: { emails: 'claimed', phoneNumbers: 'asserted' } })
  const correlate = new Map([...world.derivation.correlate, ['okta', ['emails']] as const])
  await deriveAnew({ ...world, derivation: { ...world.derivation, correlate } }, [claimed])
  const [record] = await test.database('source_records').where({ source: 'okta' })
  expect(record.attributes.emails).toMatchObject([{ trust: 'claimed' }])
  const keys = await test.database('correlation_keys').where({ source: 'okta', name: 'emails' })
  expect(keys).toHaveLength(1)
})
