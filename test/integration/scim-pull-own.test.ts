import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../store/store.ts'
import { describePullSource } from '../contract/pull-source.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { readAll, readChanges } from '../support/read-all.ts'
import { configurationOf, type ScimHost, startScimHost } from '../support/scim-host.ts'
import { openPull, type PullChanges } from '../support/scim-pull.ts'
import { organizationUsers } from '../support/scim-server.ts'

let test: TestDatabase
let host: ScimHost
let token: string
/** Ids of people and groups by their names. */
const ids = new Map<string, string>()

beforeAll(async () => {
  test = await createTestDatabase()
  const configuration = await configurationOf('/muster.yaml', 'sources: { staff: { type: scim } }')
  host = await startScimHost(openStore(test.database), configuration)
  token = await host.tokenFor('staff')
  for (const { id: _, meta, groups, ...user } of organizationUsers) await push('/Users', user)
  const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group'
  await push('/Groups', { schemas: [groupUrn], displayName: 'staff', members: membersOf('bela') })
  await push('/Groups', { schemas: [groupUrn], displayName: 'field', members: membersOf('anna', 'staff') })
  await send('PATCH', `/Groups/${ids.get('staff')}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'add', path: 'members', value: membersOf('field') }],
  })
})
afterAll(async () => {
  await host.close()
  await test.close()
})

const membersOf = (...names: readonly string[]) => names.map((name) => ({ value: ids.get(name) }))

async function send(method: string, path: string, body: unknown) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' }
  const answer = await fetch(`${host.url}${path}`, { method, headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`)
  return text === '' ? {} : (JSON.parse(text) as { id?: string; userName?: string; displayName?: string })
}

const patch = (path: string, operation: object) =>
  send('PATCH', path, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [operation],
  })

async function push(path: string, body: unknown): Promise<void> {
  const { id, userName, displayName } = await send('POST', path, body)
  ids.set(String(userName ?? displayName), String(id))
}

const open = (changes: PullChanges = {}) => openPull(host.url, { auth: { bearer: token }, ...changes })

describe.each<{ how: string; changes: PullChanges }>([
  { how: 'as it says that it can be read', changes: {} },
  { how: 'by POST /.search', changes: { search: true } },
])('Muster itself, read by SCIM $how', ({ changes }) => {
  describePullSource(
    () => open(changes),
    () => open({ ...changes, auth: { bearer: 'muster_of-nobody' } }),
  )

  it('gives the same people and groups in pages of any size', async () => {
    const whole = await readAll(open(changes))
    expect(Object.fromEntries(whole.rows.map((row) => [row.attributes.userName, row.groups]))).toEqual({
      anna: ['field', 'staff'],
      bela: ['field', 'staff'],
      cleo: [],
      dora: [],
      emil: [],
    })
    for (const pageSize of [1, 2, 3]) {
      const paged = await readAll(open({ ...changes, pageSize }))
      expect(paged.outcome).toMatchObject({ complete: true, entries: 5 })
      expect(paged.rows).toEqual(whole.rows)
    }
  })

  it('gives what changed since a mark, groups without their people too', async () => {
    // As if everybody had been pushed long ago, and Anna changed some days later.
    for (const table of ['scim_users', 'scim_groups'])
      await test.database(table).update({ modified_at: new Date(Date.now() - 30 * 86_400_000) })
    const later = new Date(Date.now() - 20 * 86_400_000)
    await test
      .database('scim_users')
      .where({ id: ids.get('anna') })
      .update({ modified_at: later })
    const { mark } = await readAll(open(changes))
    await patch(`/Users/${ids.get('cleo')}`, { op: 'replace', path: 'title', value: `Head ${newId()}` })
    await patch(`/Users/${ids.get('emil')}`, { op: 'replace', path: 'active', value: false })
    const first = await readChanges(open(changes), mark)
    expect(first.outcome).toMatchObject({ complete: true, entries: 3, groups: null })
    expect(first.rows.map(({ attributes, active, groups }) => [attributes.userName, active, groups])).toEqual(
      expect.arrayContaining([
        ['anna', true, null],
        ['cleo', true, null],
        ['emil', false, null],
      ]),
    )
    await patch(`/Groups/${ids.get('field')}`, { op: 'add', path: 'members', value: membersOf('dora') })
    const second = await readChanges(open(changes), first.mark)
    expect(second.outcome).toMatchObject({ complete: true, groups: { complete: true, entries: 2 } })
    expect(second.groupsOf?.(String(ids.get('dora')))).toEqual(['field', 'staff'])
    await patch(`/Groups/${ids.get('field')}`, {
      op: 'remove',
      path: `members[value eq "${ids.get('dora')}"]`,
    })
    const third = await readChanges(open(changes), second.mark)
    expect(third.groupsOf?.(String(ids.get('dora')))).toEqual([])
    await patch(`/Users/${ids.get('emil')}`, { op: 'replace', path: 'active', value: true })
  })
})
