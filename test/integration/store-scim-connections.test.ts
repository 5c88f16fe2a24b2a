import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findIdentity } from '../../store/read/find-identity.ts'
import { findRecord } from '../../store/read/find-record.ts'
import { getIdentity } from '../../store/read/identities.ts'
import { getSource, listSources } from '../../store/read/sources.ts'
import { findNamed } from '../../store/write/challenge-standing.ts'
import { insertRefusals, noteRequests, type Refusal } from '../../store/write/scim-connections.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertPeople } from '../support/population.ts'
import { insertScimCrowd, insertScimGroups } from '../support/scim-crowd.ts'

const at = new Date('2026-03-01T08:00:00.000Z')
let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await db.database('sources').insert([
    { name: 'hr', type: 'scim' },
    { name: 'fresh', type: 'scim' },
    { name: 'file', type: 'csv' },
  ])
})
afterAll(() => db.close())

/** The record beside a user that was pushed. */
async function insertRecord(
  id: string,
  identityId: string | null,
  deletedAt: Date | null = null,
): Promise<void> {
  await db.database('source_records').insert({
    source: 'hr',
    external_id: id,
    id,
    identity_id: identityId,
    hash: Buffer.alloc(16),
    active: deletedAt === null,
    attributes: '{}',
    link: identityId === null ? 'none' : 'created',
    created_at: at,
    changed_at: at,
    deleted_at: deletedAt,
  })
}

function refusal(n: number): Refusal {
  const path = '/scim/v2/Users'
  return { id: newId(), at, method: 'POST', path, status: 409, kind: 'uniqueness', detail: `refused ${n}` }
}

describe('what a connection does', () => {
  test('is counted by many servers at once, and the newest request is kept', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        noteRequests(db.database, 'hr', {
          at: new Date(at.getTime() + index * 1000),
          requests: 5,
          refused: index % 2 === 0 ? { uniqueness: 1, '429': 2 } : { invalidFilter: 1 },
        }),
      ),
    )
    expect((await getSource(db.database, 'hr')).connection).toMatchObject({
      lastRequestAt: '2026-03-01T08:00:19.000Z',
      requests: 100,
      refused: { uniqueness: 10, '429': 20, invalidFilter: 10 },
    })
  })

  test('is refused and written down: the newest hundred of each connection', async () => {
    await insertRefusals(db.database, 'fresh', [refusal(0)])
    for (let batch = 0; batch < 5; batch += 1) {
      const refusals = Array.from({ length: 30 }, (_, index) => refusal(batch * 30 + index))
      await insertRefusals(db.database, 'hr', refusals)
    }
    const { lastRefusals } = await getSource(db.database, 'hr')
    expect(lastRefusals.map(({ detail }) => detail)).toEqual(
      Array.from({ length: 100 }, (_, index) => `refused ${149 - index}`),
    )
    expect(lastRefusals[0]).toEqual({
      at: at.toISOString(),
      method: 'POST',
      path: '/scim/v2/Users',
      status: 409,
      kind: 'uniqueness',
      detail: 'refused 149',
    })
    expect((await getSource(db.database, 'fresh')).lastRefusals).toHaveLength(1)
  })

  test('is told apart from sources that are read, and from a connection that nobody used', async () => {
    const sources = Object.fromEntries(
      (await listSources(db.database)).map((source) => [source.name, source]),
    )
    expect(sources['hr']?.state).toBe('pushed')
    expect(sources['fresh']).toMatchObject({
      state: 'never-read',
      connection: { people: 0, groups: 0, due: 0, lastRequestAt: null, requests: 0, refused: {} },
    })
    expect(sources['file']?.connection).toBeNull()
  })
})

describe('a person who was pushed', () => {
  test('is shown and found under the id that the client gave', async () => {
    const [identity = ''] = await insertPeople(db.database, [{ sources: ['hr'] }])
    const [ann = ''] = await insertScimCrowd(db.database, 'hr', [{ userName: 'ann', externalId: 'E:17' }])
    await insertScimGroups(db.database, 'hr', [{ document: { displayName: 'Team' }, users: [ann] }])
    await insertRecord(ann, identity)
    await db.database('identity_states').where({ identity_id: identity }).update({ due_at: at })
    expect((await getIdentity(db.database, identity, null)).records).toMatchObject([
      { source: 'hr', externalId: 'E:17' },
    ])
    for (const who of ['hr:E:17', `hr:${ann}`])
      expect(await findIdentity(db.database, who), who).toBe(identity)
    for (const externalId of ['E:17', ann]) {
      expect(await findNamed(db.database, { userNameKey: null, source: 'hr', externalId })).toEqual([
        identity,
      ])
      expect(await findRecord(db.database, { source: 'hr', externalId })).toBe(ann)
    }
    await expect(findIdentity(db.database, 'file:E:17')).rejects.toMatchObject({ code: 'not-found' })
    expect((await getSource(db.database, 'hr')).connection).toMatchObject({ people: 1, groups: 1, due: 1 })
  })

  test('and deleted again is no longer among the records of an identity, nor counted', async () => {
    const [identity = ''] = await insertPeople(db.database, [{ sources: [], active: false }])
    const gone = newId()
    await insertRecord(gone, identity, at)
    expect((await getIdentity(db.database, identity, null)).records).toEqual([])
    expect((await getSource(db.database, 'hr')).records).toEqual({ total: 1, notLinked: 0, missing: 0 })
    expect(await findIdentity(db.database, `hr:${gone}`)).toBe(identity)
  })

  test('like another is named by the ids that tell them apart', async () => {
    const twins = await insertScimCrowd(db.database, 'hr', [
      { userName: 'tim', externalId: 'twin' },
      { userName: 'tom', externalId: 'twin' },
    ])
    for (const twin of twins) await insertRecord(twin, null)
    const fault = findRecord(db.database, { source: 'hr', externalId: 'twin' })
    await expect(fault).rejects.toThrow(`hr:${twins[0]}, hr:${twins[1]}`)
    await expect(findIdentity(db.database, 'hr:twin')).rejects.toThrow(
      'The record hr:twin is linked to no identity.',
    )
    expect((await getSource(db.database, 'hr')).notLinked.map(({ externalId }) => externalId)).toEqual([
      'twin',
      'twin',
    ])
  })
})
