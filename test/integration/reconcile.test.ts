// Longer than 300 lines: the story of a reconciliation from end to end, on one worker whose start is dear.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { decideHeldRun } from '../../application/decide-held-run.ts'
import { setManualRight } from '../../application/set-manual-right.ts'
import { nudgeDrain, requestRun, startSettling, waitForRun } from '../../bin/compose/request-run.ts'
import { taskQueue } from '../../workflows/messages.ts'
import { emptyTables, tablesOfRuns } from '../support/empty-tables.ts'
import { recordHistories } from '../support/histories.ts'
import { type Reconciler, startReconciler } from '../support/reconciler.ts'

let muster: Reconciler
const admin = { kind: 'admin', id: 'test' } as const
const clock = () => new Date()

beforeAll(async () => {
  const folder = join(inject('runDirectory'), 'reconcile')
  mkdirSync(join(folder, 'policies'), { recursive: true })
  muster = await startReconciler(folder)
})
afterAll(async () => {
  if (muster === undefined) return
  await recordHistories(muster.temporal.client)
  await muster.close()
})

const sms = {
  id: 'sms',
  target: 'active eq true and userType eq "employee"',
  conditions: { all: [{ fact: 'usable.otp-sms', operator: 'greaterThanInclusive', value: 1 }] },
  event: {
    type: 'provision',
    params: {
      rights: ['otp-sms'],
      enroll: [
        { factor: 'otp-sms', from: 'phoneNumbers[type eq "mobile"]', take: 'first', onChange: 'replace' },
      ],
    },
  },
}
const none = { ...sms, id: 'none', target: 'userType eq "nobody"' }

/** 120 people by default: enough for the brake's "at least 50" to mean something. */
function people(count: number, kind = (_: number) => 'employee', state = (_: number) => 'on'): string[] {
  return Array.from({ length: count }, (_, n) => {
    const number = String(1000 + n)
    return `${number},user${number},${number},${kind(n)},Sales,user${number}@example.com,0151 2345${number},${state(n)}`
  })
}

async function rows(table: string) {
  const { rows: found } = await muster.store.database.raw(
    `select xmin::text as version, t.* from ${table} t order by 2, 3, 4`,
  )
  return found as Record<string, unknown>[]
}

const effective = async () => (await muster.store.database('rights').where({ effective: true })).length
const due = async () => (await muster.store.database('identity_states').whereNotNull('due_at')).length
const usable = async () => (await muster.store.database('enrollments').where({ status: 'active' })).length

beforeEach(async () => {
  await emptyTables(muster.store.database, tablesOfRuns)
  await muster.loadPolicies([none])
  await muster.loadPolicies([sms])
})

describe('a reconciliation', () => {
  it('gives rights and enrolls addresses of the people that a policy names, and reports it', async () => {
    muster.write(
      'hr',
      people(120, (n) => (n % 2 === 0 ? 'employee' : 'contractor')),
    )
    const run = await muster.reconcile('hr')
    expect(run).toMatchObject({
      status: 'completed',
      read: { complete: true, entries: 120 },
      records: { added: 120, changed: 0, unchanged: 0 },
      identities: { created: 120 },
      effects: { rightsGranted: 60, enrolled: 60, rightsRevoked: 0, held: 0 },
      brakes: [],
    })
    expect(await effective()).toBe(60)
    expect(await usable()).toBe(60)
  })

  it('has no effect on an unchanged source: no row of rights or enrollments, no audit event but its own', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    const before = {
      rights: await rows('rights'),
      enrollments: await rows('enrollments'),
      states: await rows('identity_states'),
    }
    const events = (await rows('audit_events')).length
    const run = await muster.reconcile('hr')
    expect(run.records).toMatchObject({ unchanged: 120, added: 0, changed: 0 })
    expect({
      rights: await rows('rights'),
      enrollments: await rows('enrollments'),
      states: await rows('identity_states'),
    }).toEqual(before)
    const fresh = await muster.store.database('audit_events').where({ run_id: run.id })
    expect(fresh.map(({ action }) => action)).toEqual(['run-ended'])
    expect((await rows('audit_events')).length).toBe(events + 1)
  })

  it('follows a changed number with the same enrollment', async () => {
    muster.write('hr', people(3))
    await muster.reconcile('hr')
    const [before] = await muster.store.database('enrollments').where({ address: '+4915123451000' })
    muster.write(
      'hr',
      people(3).map((line) => line.replace('0151 23451000', '0151 99991000')),
    )
    const run = await muster.reconcile('hr')
    expect(run.effects).toMatchObject({ replaced: 1, enrolled: 0, suspended: 0 })
    const [after] = await muster.store.database('enrollments').where({ id: before.id })
    expect(after).toMatchObject({ address: '+4915199991000', status: 'active' })
  })

  it('makes one person of a record in each of two sources', async () => {
    muster.write('hr', people(2))
    muster.write(
      'desk',
      people(2).map((line) => `d${line}`),
    )
    await muster.reconcile('hr')
    const run = await muster.reconcile('desk')
    expect(run).toMatchObject({ records: { added: 2 }, identities: { created: 0, changed: 2 } })
    expect(await rows('identities')).toHaveLength(2)
  })

  it('takes nothing from people who are missing from a proved read, and counts them', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    muster.write('hr', people(20))
    const run = await muster.reconcile('hr')
    expect(run).toMatchObject({
      status: 'completed',
      records: { missing: 100 },
      effects: { rightsRevoked: 0, suspended: 0 },
    })
    expect(await effective()).toBe(120)
  })

  it('fails when nothing could be read, and leaves everything as it is', async () => {
    muster.write('hr', people(10))
    await muster.reconcile('hr')
    muster.write('hr', [])
    const run = await muster.reconcile('hr')
    expect(run.read?.complete).toBe(false)
    expect(run.status).toBe('failed')
    expect(await effective()).toBe(10)
  })

  it('is joined by a second request while it goes on', async () => {
    muster.write('hr', people(3000))
    const request = { source: 'hr', kind: 'full', requestedBy: admin } as const
    const { client } = muster.temporal
    const ids = await Promise.all([
      requestRun(client, request),
      requestRun(client, request),
      requestRun(client, request),
    ])
    expect(new Set(ids).size).toBe(1)
    expect((await waitForRun(muster.store, ids[0] ?? '')).status).toBe('completed')
    expect(await rows('identities')).toHaveLength(3000)
  })

  it('that is cancelled in the middle leaves no work undone: the sweep settles what it had made due', async () => {
    muster.write('hr', people(6000))
    const runId = await requestRun(muster.temporal.client, { source: 'hr', kind: 'full', requestedBy: admin })
    const [{ workflow_id: workflowId }] = await muster.store.database('runs').where({ id: runId })
    await muster.temporal.client.workflow.getHandle(workflowId).cancel()
    const { status } = await waitForRun(muster.store, runId)
    expect(status).toBe('cancelled')
    const staged = (await rows('identities')).length
    await muster.temporal.client.workflow.execute('sweep', {
      workflowId: `sweep-${runId}`,
      taskQueue,
      args: [],
    })
    await until(async () => (await effective()) === staged && (await due()) === 0)
    expect((await muster.reconcile('hr')).status).toBe('completed')
    expect(await effective()).toBe(6000)
  })
})

describe('the brake', () => {
  const switchedOff = (count: number) => people(120, undefined, (n) => (n < count ? 'off' : 'on'))

  it('lets a run pass that takes from fewer people than its limit', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    muster.write('hr', switchedOff(49))
    const run = await muster.reconcile('hr')
    expect(run).toMatchObject({ status: 'completed', effects: { rightsRevoked: 49, suspended: 49, held: 0 } })
    expect(await usable()).toBe(71)
  })

  it('holds what takes away from too many, and applies what adds', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    muster.write('hr', [...switchedOff(60), ...people(125).slice(120)])
    const run = await muster.reconcile('hr')
    expect(run).toMatchObject({
      status: 'held',
      effects: { rightsGranted: 5, enrolled: 5, rightsRevoked: 0, suspended: 0, held: 120 },
      brakes: [{ name: 'takenAway', wouldBe: 60, of: 125, verdict: null }],
    })
    expect(await effective()).toBe(125)
  })

  it('releases what a person approves', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    muster.write('hr', switchedOff(60))
    const { id } = await muster.reconcile('hr')
    await decideHeldRun(
      { store: muster.store, clock },
      { runId: id, verdict: 'approved', actor: admin, reason: 'a plant closed' },
    )
    await startSettling(muster.temporal.client, id)
    await until(async () => (await waitForRun(muster.store, id)).status === 'completed')
    expect(await effective()).toBe(60)
    expect(await usable()).toBe(60)
    expect(await rows('parked_effects')).toEqual([])
  })

  it('leaves everybody what they have when a person rejects, and cannot be decided twice', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    muster.write('hr', switchedOff(60))
    const { id } = await muster.reconcile('hr')
    const verdict = { runId: id, verdict: 'rejected', actor: admin, reason: null } as const
    await decideHeldRun({ store: muster.store, clock }, verdict)
    expect((await waitForRun(muster.store, id)).status).toBe('completed')
    expect(await effective()).toBe(120)
    await expect(decideHeldRun({ store: muster.store, clock }, verdict)).rejects.toMatchObject({
      code: 'run-not-held',
    })
  })

  it('is not walked around by a later run that takes from the same people one by one', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    muster.write('hr', switchedOff(60))
    const held = await muster.reconcile('hr')
    muster.write(
      'hr',
      switchedOff(60).map((line, n) => (n < 10 ? line.replace('Sales', 'Field') : line)),
    )
    const later = await muster.reconcile('hr')
    expect(later).toMatchObject({ status: 'completed', effects: { rightsRevoked: 0, suspended: 0 } })
    expect((await waitForRun(muster.store, held.id)).status).toBe('held')
    expect(await effective()).toBe(120)
  })

  it('lets people who came back keep what they have after an approval', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    muster.write('hr', switchedOff(60))
    const { id } = await muster.reconcile('hr')
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    await decideHeldRun(
      { store: muster.store, clock },
      { runId: id, verdict: 'approved', actor: admin, reason: null },
    )
    await startSettling(muster.temporal.client, id)
    await until(async () => (await waitForRun(muster.store, id)).status === 'completed')
    expect(await effective()).toBe(120)
  })

  it('holds the roll-out of a policy set that would take rights from everybody', async () => {
    muster.write('hr', people(120))
    await muster.reconcile('hr')
    const run = await muster.loadPolicies([none])
    expect(run).toMatchObject({ status: 'held', kind: 'policies', brakes: [{ wouldBe: 120, of: 120 }] })
    expect(await effective()).toBe(120)
  })
})

describe('a decision by hand', () => {
  it('to deny takes effect at once, suspends the enrollment, and survives the next run', async () => {
    muster.write('hr', people(3))
    await muster.reconcile('hr')
    const [{ id }] = await muster.store.database('identities').where({ user_name: 'user1000' })
    const word = {
      identityId: id,
      factor: 'otp-sms',
      effect: 'deny',
      actor: admin,
      reason: 'lost',
      until: null,
    } as const
    await setManualRight({ store: muster.store, clock }, word)
    expect(await effective()).toBe(2)
    await nudgeDrain(muster.temporal.client)
    await until(async () => (await usable()) === 2)
    muster.write(
      'hr',
      people(3).map((line) => line.replace('Sales', 'Field')),
    )
    await muster.reconcile('hr')
    expect(await effective()).toBe(2)
  })
})

/** Waits for what another process or workflow brings about; the test's own time-out is the limit. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50)
}
