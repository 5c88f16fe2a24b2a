import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPolicySet } from '../../application/load-policy-set.ts'
import { type SweepWorld, sweepUnattended } from '../../application/sweep.ts'
import { enterpriseUrn } from '../../domain/attributes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { beginRun, mergeWorld, readRows } from '../support/merge-world.ts'
import { row } from '../support/rows.ts'

let test: TestDatabase
let now = Date.now()
let world: SweepWorld
/** Workflows that Temporal would say go on. */
const running = new Set<string>()

beforeAll(async () => {
  test = await createTestDatabase()
  const merging = mergeWorld(test.database, { clock: () => new Date(now) })
  world = {
    ...merging,
    connections: [],
    isWorkflowRunning: async (workflowId) => running.has(workflowId),
    retention: { audit: null, challenges: 7_776_000_000, deliveries: 7_776_000_000 },
    onFault: (fault) => {
      throw fault
    },
  }
  const set = { id: 'sha256:test', documents: [], conditions: [], settings: {} }
  await merging.store.transaction(async (trx) => {
    await merging.store.policySets.insertPolicySet(trx, set, new Date(now), 'test')
    await merging.store.policySets.putInForce(trx, set.id, new Date(now))
  })
})
afterAll(() => test.close())

const person = (number: string) => ({
  userName: `user${number}`,
  [enterpriseUrn]: { employeeNumber: number },
})
const states = () => test.database('identity_states')

async function read(...rows: ReturnType<typeof row>[]) {
  await readRows(world, 'corp', rows)
  await states().update({ due_at: null, due_run: null, due_reason: null })
}

describe('the sweep', () => {
  it('makes people due when a date in a decision is reached, and not before', async () => {
    await read(row('a', { attributes: person('1') }))
    await states().update({ review_at: new Date(now + 60_000) })
    expect(await sweepUnattended(world)).toMatchObject({ madeDue: 0 })
    now += 60_000
    expect(await sweepUnattended(world)).toMatchObject({ madeDue: 1 })
    expect(await states().first()).toMatchObject({ due_reason: 'review', due_run: null })
  })

  it('switches people off at the time from which their source calls them inactive', async () => {
    const until = new Date(now + 60_000).toISOString()
    await read(row('b', { attributes: person('2'), inactiveFrom: until }))
    const find = () => test.database('identities').where({ user_name: 'user2' }).first()
    expect(await find()).toMatchObject({ active: true })
    now += 60_000
    await sweepUnattended(world)
    expect(await find()).toMatchObject({ active: false, inactive_from: null })
  })

  it('closes a run whose workflow is gone, and leaves one alone that goes on', async () => {
    const [gone, going] = [await beginRun(world, 'hr'), await beginRun(world, 'corp')]
    await test.database('runs').where({ id: gone }).update({ workflow_id: 'gone' })
    await test.database('runs').where({ id: going }).update({ workflow_id: 'going' })
    running.add('going')
    now += 120_000
    expect(await sweepUnattended(world)).toMatchObject({ closed: 1 })
    const status = async (id: string) => (await test.database('runs').where({ id }).first()).status
    expect([await status(gone), await status(going)]).toEqual(['failed', 'running'])
  })

  it('names runs that ended with work left, for somebody to settle', async () => {
    const runId = await beginRun(world, 'hr')
    await readRows(world, 'desk', [row('c', { attributes: person('3') })])
    await states().whereNotNull('due_run').update({ due_run: runId })
    await test.database('runs').where({ id: runId }).update({ status: 'cancelled' })
    expect((await sweepUnattended(world)).unsettled).toEqual([runId])
  })

  it('names a roll-out that nobody has taken up within a minute', async () => {
    const set = { id: 'sha256:other', documents: [], conditions: [], settings: {} }
    const loaded = await loadPolicySet(world, set, { kind: 'admin', id: 'test' })
    expect((await sweepUnattended(world)).unsettled).not.toContain(loaded.runId)
    now += 61_000
    expect((await sweepUnattended(world)).unsettled).toContain(loaded.runId)
  })
})
