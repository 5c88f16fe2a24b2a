import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDecider } from '../../bin/compose/decider.ts'
import { openMeters } from '../../bin/compose/meters.ts'
import { openLog } from '../../bin/log.ts'
import type { Effect } from '../../domain/effect.ts'
import { readFigures } from '../../store/read/figures.ts'
import { openStore } from '../../store/store.ts'
import type { AuditEvent } from '../../store/write/audit-events.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { mergeWorld, readRows } from '../support/merge-world.ts'
import { putInForce } from '../support/policies.ts'
import { row } from '../support/rows.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

const requested_by = '{"kind":"system","id":"test"}'
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000)

describe('figures of the store', () => {
  test('tell what is parked, held and for how long, how each source stands, and what was not sent yet', async () => {
    const { database } = db
    await openStore(database).runs.keepSources(database, [
      { name: 'corp', type: 'ldap' },
      { name: 'hr', type: 'csv' },
      { name: 'fresh', type: 'csv' },
    ])
    await database('sources')
      .where({ name: 'corp' })
      .update({ last_proved_at: ago(60) })
    const [held, running] = [newId(), newId()]
    const run = { kind: 'full', requested_by }
    await database('runs').insert([
      { ...run, id: newId(), source: 'corp', status: 'failed', started_at: ago(500), ended_at: ago(490) },
      { ...run, id: newId(), source: 'corp', status: 'completed', started_at: ago(70), ended_at: ago(60) },
      { ...run, id: held, source: 'hr', status: 'held', started_at: ago(1000) },
      { ...run, id: running, source: 'hr', status: 'running', started_at: ago(5) },
    ])
    const parked = { revision: 1, policy_set: 'p', effects: '[]' }
    await database('parked_effects').insert([
      { ...parked, identity_id: newId(), run_id: held },
      { ...parked, identity_id: newId(), run_id: held },
      { ...parked, identity_id: newId(), run_id: running },
    ])
    const delivery = {
      identity_id: newId(),
      template: 'added',
      parameters: '{}',
      deadline: ago(-600),
      created_at: ago(9),
    }
    await database('deliveries').insert([
      { ...delivery, id: newId(), kind: 'notice', channel: 'email', status: 'queued', next_at: ago(30) },
      { ...delivery, id: newId(), kind: 'notice', channel: 'email', status: 'queued', next_at: ago(-30) },
      { ...delivery, id: newId(), kind: 'notice', channel: 'email', status: 'sent', next_at: ago(90) },
      { ...delivery, id: newId(), kind: 'code', channel: 'sms', status: 'queued', next_at: ago(-30) },
    ])
    const figures = await readFigures(database)
    expect(figures).toMatchObject({
      due: 0,
      dueOldestSeconds: 0,
      parked: 3,
      held: 2,
      auditUnsealedSeconds: 0,
    })
    expect(figures.runs).toEqual({ failed: 1, completed: 1, held: 1, running: 1 })
    expect(Math.round(figures.heldOldestSeconds / 10)).toBe(100)
    const corp = figures.sources.get('corp')
    expect(corp?.lastRun).toMatchObject({ status: 'completed', seconds: expect.closeTo(10, 0) })
    expect(corp?.provedAgeSeconds).toBeLessThan(corp?.lastRun?.ageSeconds ?? 0)
    expect(figures.sources.get('hr')).toMatchObject({
      provedAgeSeconds: null,
      lastRun: { status: 'running', seconds: null },
    })
    expect(figures.sources.get('fresh')).toEqual({ provedAgeSeconds: null, lastRun: null })
    const waiting = Object.fromEntries(figures.deliveries.map((one) => [`${one.kind} ${one.channel}`, one]))
    expect(waiting['notice email']).toMatchObject({ queued: 2, overdueSeconds: expect.closeTo(30, -1) })
    expect(waiting['code sms']).toMatchObject({ queued: 1, overdueSeconds: 0 })
    expect(figures.deliveries).toHaveLength(2)
  })
})

describe('counters of work', () => {
  const effect = (op: Effect['op']) => ({ op, before: null, after: null, because: 'p' }) as unknown as Effect
  const event = (given: Partial<AuditEvent>): AuditEvent => ({
    at: new Date(),
    action: 'plan-applied',
    actor: { kind: 'policy', id: 'p' },
    identityId: newId(),
    runId: null,
    policySet: null,
    effects: [effect('suspend'), effect('remove')],
    reason: null,
    detail: null,
    ...given,
  })

  function open() {
    const lines: string[] = []
    const losses = { fields: 0 }
    const log = openLog({
      level: 'info',
      component: 'test',
      losses,
      stream: { write: (line) => lines.push(line) },
    })
    const corp = { schedule: { full: 3_600_000 } }
    const configuration = { sources: { corp, hr: { schedule: { full: null } } } } as unknown as Parameters<
      typeof openMeters
    >[0]['configuration']
    const meters = openMeters({ configuration, log, losses, version: '1.2.3' })
    const value = async (line: string) =>
      (await meters.registry.metrics())
        .split('\n')
        .find((one) => one.startsWith(`${line} `))
        ?.slice(line.length + 1)
    return { store: meters.watch(openStore(db.database)), meters, log, lines, value }
  }

  test('count what was committed once: not what was rolled back, nor a part that was undone', async () => {
    const { store, value } = open()
    const events = [event({}), event({})]
    await store.transaction(async (trx) => {
      await store.audit.insertAuditEvents(trx, events)
      await store
        .savepoint(trx, async () => {
          await store.audit.insertAuditEvents(trx, events)
          throw new Error('undone')
        })
        .catch(() => undefined)
      await store.savepoint(trx, () =>
        store.audit.insertAuditEvents(trx, [event({ actor: { kind: 'admin', id: 'a' } })]),
      )
      expect(await value('muster_audit_events_total{action="plan-applied"}')).toBeUndefined()
    })
    await store
      .transaction(async (trx) => {
        await store.audit.insertAuditEvents(trx, events)
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    expect(await value('muster_audit_events_total{action="plan-applied"}')).toBe('3')
    expect((await readFigures(db.database)).auditUnsealedSeconds).toBeGreaterThan(0)
    expect(await value('muster_effects_applied_total{op="suspend",actor="policy"}')).toBe('2')
    expect(await value('muster_effects_applied_total{op="remove",actor="admin"}')).toBe('1')
  })

  test('count people who are decided as they are made as their audit events tell of them', async () => {
    const { store, value } = open()
    const world = mergeWorld(db.database, { store, decider: createDecider(store) })
    const provision = { rights: ['otp-email'], enroll: [{ factor: 'otp-email', from: 'emails' }] }
    await putInForce(world, [
      {
        id: 'mail',
        conditions: { all: [{ fact: 'emails', operator: 'present', value: true }] },
        event: { type: 'provision', params: provision },
      },
    ])
    const people = Array.from({ length: 200 }, (_, n) =>
      row(`p${n}`, n % 4 === 0 ? {} : { attributes: { emails: [{ value: `p${n}@example.com` }] } }),
    )
    const { runId } = await readRows(world, 'corp', people)
    const { rows } = await db.database.raw(
      `select count(distinct a.id)::int as events, count(*) filter (where e ->> 'op' = 'enroll')::int as enrolled
       from audit_events a, json_array_elements(a.effects) e where run_id = ? and action = 'plan-applied'`,
      [runId],
    )
    expect(rows).toEqual([{ events: 150, enrolled: 150 }])
    expect(await value('muster_audit_events_total{action="plan-applied"}')).toBe('150')
    expect(await value('muster_effects_applied_total{op="enroll",actor="policy"}')).toBe('150')
    expect(await value('muster_effects_applied_total{op="grant-right",actor="policy"}')).toBe('150')
  })

  test('count challenges by outcome, ends of runs by source, and brakes; ends of runs are logged', async () => {
    const { store, value, lines } = open()
    const run = newId()
    const detail = { factor: 'otp-sms', purpose: 'authentication' }
    await store.transaction(async (trx) => {
      await store.audit.insertAuditEvents(trx, [
        event({ action: 'challenge-created', effects: null, detail }),
        event({ action: 'challenge-failed', effects: null, detail }),
        event({
          action: 'run-ended',
          effects: null,
          runId: run,
          detail: { source: 'corp', status: 'completed' },
        }),
        event({ action: 'run-ended', effects: null, runId: run, detail: { source: null, status: 'failed' } }),
      ])
      await store.runs.holdRun(trx, run)
    })
    const challenge = 'muster_challenges_total{factor="otp-sms",purpose="authentication"'
    expect(await value(`${challenge},outcome="created"}`)).toBe('1')
    expect(await value(`${challenge},outcome="failed"}`)).toBe('1')
    expect(await value('muster_runs_ended_total{source="corp",status="completed"}')).toBe('1')
    expect(await value('muster_runs_ended_total{source="",status="failed"}')).toBe('1')
    expect(await value('muster_brakes_tripped_total')).toBe('1')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ msg: 'A run ended.', run, source: 'corp', status: 'completed' }),
      expect.objectContaining({ msg: 'A run ended.', run, status: 'failed' }),
      expect.objectContaining({ level: 'warn', run, status: 'held' }),
    ])
  })

  test('say of the process its build, the schedules, and what the log refused', async () => {
    const { value, log } = open()
    expect(await value('muster_build_info{version="1.2.3"}')).toBe('1')
    expect(await value('muster_source_schedule_seconds{source="corp"}')).toBe('3600')
    expect(await value('muster_source_schedule_seconds{source="hr"}')).toBeUndefined()
    expect(await value('muster_log_fields_dropped_total')).toBe('0')
    log.info({ mailbox: 'anna@example.com' }, 'x')
    expect(await value('muster_log_fields_dropped_total')).toBe('1')
    expect(await value('muster_log_fields_dropped_total')).toBe('1')
  })
})
