import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MergeWorld } from '../../application/merge-rows.ts'
import { stageRead } from '../../application/stage-read.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { mergeWorld, readRows } from '../support/merge-world.ts'
import { readOf, row } from '../support/rows.ts'

let test: TestDatabase
let world: MergeWorld

beforeAll(async () => {
  test = await createTestDatabase()
  world = mergeWorld(test.database)
})
afterAll(() => test.close())
beforeEach(async () => {
  await test.database.raw(
    'truncate source_records, correlation_keys, correlation_overrides, identities, identity_states, runs, sources',
  )
})

const person = (number: string, more: object = {}) => ({
  attributes: { userName: `user${number}`, [enterpriseUrn]: { employeeNumber: number }, ...more },
})

async function recordsOf(runId: string): Promise<Record<string, number>> {
  return (await world.store.runs.readRun(test.database, runId))?.records ?? {}
}

async function identities() {
  return test.database('identities').orderBy('user_name')
}

describe('staging a read', () => {
  it('makes an identity of every new record and marks it due for the run', async () => {
    const { runId, outcome } = await readRows(world, 'corp', [row('a', person('1')), row('b', person('2'))])
    expect(outcome.complete).toBe(true)
    expect(await recordsOf(runId)).toMatchObject({ added: 2, changed: 0, unchanged: 0 })
    expect((await identities()).map(({ user_name }) => user_name)).toEqual(['user1', 'user2'])
    const due = await test.database('identity_states').where({ due_run: runId })
    expect(due).toHaveLength(2)
  })

  it('writes nothing of a record that did not change, whatever the order of its values', async () => {
    const emails = [{ value: 'a@example.com' }, { value: 'b@example.com' }]
    await readRows(world, 'corp', [row('a', person('1', { emails }))])
    const before = await test
      .database('source_records')
      .select('changed_run', test.database.raw('xmin::text as version'))
    const { runId } = await readRows(world, 'corp', [row('a', person('1', { emails: emails.toReversed() }))])
    expect(await recordsOf(runId)).toMatchObject({ unchanged: 1 })
    const after = await test
      .database('source_records')
      .select('changed_run', test.database.raw('xmin::text as version'))
    expect(after).toEqual(before)
  })

  it('ties the records of two sources to one person by employee number', async () => {
    await readRows(world, 'corp', [row('a', person('1'))])
    await readRows(world, 'hr', [row('h1', person('1', { title: 'Engineer' }))])
    const [identity, ...others] = await identities()
    expect(others).toHaveLength(0)
    expect(identity.sources).toEqual(['corp', 'hr'])
    expect(identity.attributes.title).toBe('Engineer')
  })

  it('makes one identity of two rows of one read that share a key that is never reused', async () => {
    await readRows(world, 'corp', [row('a', person('1')), row('b', person('1'))])
    expect(await identities()).toHaveLength(1)
  })

  it('links nothing where several identities fit, reports it, and tries again in every run', async () => {
    await readRows(world, 'corp', [
      row('a', { attributes: { userName: 'same', [enterpriseUrn]: { employeeNumber: '1' } } }),
      row('b', { attributes: { userName: 'same', [enterpriseUrn]: { employeeNumber: '2' } } }),
    ])
    const first = await readRows(world, 'hr', [row('h', { attributes: { userName: 'same' } })])
    expect(await recordsOf(first.runId)).toMatchObject({ notLinked: 1 })
    await readRows(world, 'corp', [
      row('a', { attributes: { userName: 'same', [enterpriseUrn]: { employeeNumber: '1' } } }),
      row('b', { attributes: { userName: 'other', [enterpriseUrn]: { employeeNumber: '2' } } }),
    ])
    const second = await readRows(world, 'hr', [row('h', { attributes: { userName: 'same' } })])
    expect(await recordsOf(second.runId)).toMatchObject({ notLinked: 0 })
  })

  it('marks who is missing from a complete read, and takes the mark away when they return', async () => {
    await readRows(world, 'corp', [row('a', person('1')), row('b', person('2'))])
    const gone = await readRows(world, 'corp', [row('a', person('1'))])
    expect(await recordsOf(gone.runId)).toMatchObject({ missing: 1 })
    const back = await readRows(world, 'corp', [row('a', person('1')), row('b', person('2'))])
    expect(await recordsOf(back.runId)).toMatchObject({ missing: 0, returned: 1, unchanged: 2 })
  })

  it('marks nobody missing when the read has no proof, and still takes what was read', async () => {
    await readRows(world, 'corp', [row('a', person('1')), row('b', person('2'))])
    const why = { code: 'closed', message: 'The server closed the connection.' } as const
    const { runId } = await readRows(world, 'corp', [row('a', person('1', { title: 'New' }))], {
      complete: false,
      why,
    })
    expect(await recordsOf(runId)).toMatchObject({ missing: 0, changed: 1 })
    expect((await identities())[0].attributes.title).toBe('New')
    const [source] = await test.database('sources').where({ name: 'corp' })
    expect(source.last_proved_run).not.toBe(runId)
  })

  it('keeps the groups of everybody when they cannot be read, and takes what the entries say', async () => {
    const groups = { bringsGroups: true }
    const members = ['staff']
    await readRows(
      world,
      'corp',
      [row('a', { ...person('1'), groups: members }), row('b', { ...person('2'), groups: members })],
      {},
      groups,
    )
    const why = { code: 'base-not-found', message: 'The base of the groups does not exist.' } as const
    const unread = [
      row('a', { ...person('1'), groups: null }),
      row('b', { ...person('2', { title: 'New' }), groups: null }),
    ]
    const { runId } = await readRows(world, 'corp', unread, { complete: false, why }, groups)
    expect(await recordsOf(runId)).toMatchObject({ changed: 1, unchanged: 1 })
    const found = await identities()
    expect(found.map(({ attributes }) => attributes.groups?.[0]?.value)).toEqual(['staff', 'staff'])
    expect(found[1].attributes.title).toBe('New')
    const healthy = unread.map((one) => ({ ...one, groups: members }))
    expect(await recordsOf((await readRows(world, 'corp', healthy, {}, groups)).runId)).toMatchObject({
      unchanged: 2,
    })
  })

  it('takes the first of two entries with one external id and gives no proof', async () => {
    const { outcome } = await readRows(world, 'corp', [row('a', person('1')), row('a', person('2'))])
    expect(outcome).toMatchObject({ complete: false, why: { code: 'duplicate-id' }, problemCount: 1 })
    expect(await identities()).toHaveLength(1)
  })

  it('counts a run once when its reading is tried again after a death in the middle', async () => {
    const rows = [row('a', person('1')), row('b', person('2'))]
    const { runId } = await readRows(world, 'corp', rows)
    const outcome = await readAgain(runId, rows)
    expect(outcome.entries).toBe(2)
    expect(await recordsOf(runId)).toMatchObject({ added: 2, changed: 0, unchanged: 0 })
    expect(await identities()).toHaveLength(2)
  })

  it('stages twelve thousand rows in several merges and finds them all unchanged afterwards', async () => {
    const rows = Array.from({ length: 12_000 }, (_, n) => row(`id-${n}`, person(String(n))))
    const first = await readRows(world, 'corp', rows)
    expect(await recordsOf(first.runId)).toMatchObject({ added: 12_000 })
    const second = await readRows(world, 'corp', rows)
    expect(await recordsOf(second.runId)).toMatchObject({ unchanged: 12_000, missing: 0 })
  })

  it('leaves no record without its identity and no key without its record', async () => {
    await readRows(world, 'corp', [row('a', person('1')), row('b', person('2'))])
    await readRows(world, 'corp', [row('a', person('3'))])
    const orphans = await test.database.raw(`
      select 'record' as what from source_records r where r.identity_id is not null
        and not exists (select 1 from identities i where i.id = r.identity_id)
      union all select 'state' from identities i where not exists (select 1 from identity_states s where s.identity_id = i.id)
      union all select 'key' from correlation_keys k where not exists
        (select 1 from source_records r where r.source = k.source and r.external_id = k.external_id and r.identity_id = k.identity_id)`)
    expect(orphans.rows).toEqual([])
  })
})

function readAgain(runId: string, rows: Parameters<typeof readRows>[2]) {
  return stageRead(world, {
    runId,
    source: 'corp',
    mapping: 'test',
    bringsGroups: false,
    rows: () => readOf(rows),
    onStaged: () => undefined,
  })
}
