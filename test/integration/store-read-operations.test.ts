// Longer than 300 lines: one history, and every question that is asked of it.
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { followAuditEvents, readAuditEvents } from '../../store/read/audit-events.ts'
import { getRun, readRuns } from '../../store/read/runs.ts'
import { getSource, listSources } from '../../store/read/sources.ts'
import { readStatus } from '../../store/read/status.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertPeople } from '../support/population.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.close())

async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

interface RunDraft {
  readonly id: string
  readonly source: string | null
  readonly status: string
  readonly started_at: string
  readonly kind?: string
  readonly ended_at?: string
  readonly read?: object
  readonly fault?: object
  readonly effects?: object
}

async function insertRuns(...runs: readonly RunDraft[]): Promise<void> {
  for (const run of runs) {
    await db.database('runs').insert({ kind: 'full', requested_by: '{"kind":"system","id":"test"}', ...run })
  }
}

const read = {
  complete: true,
  why: null,
  entries: 3,
  pages: 1,
  references: 0,
  server: 'test',
  groups: null,
  problems: [],
  problemCount: 0,
}

describe('runs', () => {
  test('come newest first, those of one microsecond included, and only of the source asked for', async () => {
    const [a, b, c, d] = [newId(), newId(), newId(), newId()]
    await insertRuns(
      { id: a, source: 'corp', status: 'completed', started_at: '2026-01-01T00:00:00.000001Z' },
      { id: b, source: 'corp', status: 'completed', started_at: '2026-01-01T00:00:00.000002Z' },
      { id: c, source: 'hr', status: 'completed', started_at: '2026-01-01T00:00:00.000002Z' },
      { id: d, source: null, kind: 'policies', status: 'completed', started_at: '2025-12-31T00:00:00Z' },
    )
    const all = await collect(readRuns(db.database, { source: null, status: null, limit: 0 }))
    expect(all.map(({ id }) => id)).toEqual([b, c, a, d])
    const corp = await collect(readRuns(db.database, { source: 'corp', status: null, limit: 1 }))
    expect(corp.map(({ id }) => id)).toEqual([b])
  })

  test('page past five hundred without losing or repeating one', async () => {
    const many = Array.from({ length: 1100 }, () => ({
      id: newId(),
      source: 'many',
      kind: 'full',
      status: 'completed',
      requested_by: '{}',
      started_at: '2026-01-01T00:00:00.000005Z',
    }))
    await db.database.batchInsert('runs', many)
    const seen = await collect(readRuns(db.database, { source: 'many', status: null, limit: 0 }))
    expect(seen.map(({ id }) => id)).toEqual(many.map(({ id }) => id).sort())
  })

  test('count from zero what never happened', async () => {
    const id = newId()
    await insertRuns({
      id,
      source: 'zero',
      status: 'running',
      started_at: '2026-01-02T00:00:00Z',
      effects: { enrolled: 7 },
    })
    expect(await getRun(db.database, id)).toEqual({
      id,
      source: 'zero',
      kind: 'full',
      status: 'running',
      startedAt: '2026-01-02T00:00:00.000Z',
      endedAt: null,
      read: null,
      records: { added: 0, changed: 0, unchanged: 0, missing: 0, returned: 0, notLinked: 0 },
      identities: { created: 0, changed: 0, deactivated: 0, reactivated: 0 },
      effects: {
        rightsGranted: 0,
        rightsRevoked: 0,
        enrolled: 7,
        replaced: 0,
        suspended: 0,
        resumed: 0,
        removed: 0,
        held: 0,
        failed: 0,
      },
      brakes: [],
      unusable: {},
      seconds: { read: 0, stage: 0, decide: 0, apply: 0, total: 0 },
      fault: null,
    })
  })

  test('are not found by an id that none has, or that is no id', async () => {
    await expect(getRun(db.database, newId())).rejects.toMatchObject({ code: 'not-found' })
    await expect(getRun(db.database, '%')).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('sources', () => {
  test('tell their state from their newest run, and what could not be linked', async () => {
    const at = '2026-02-01T00:00:00Z'
    await db.database('sources').insert([
      { name: 's-frozen', type: 'csv', configured: false },
      { name: 's-new', type: 'csv' },
      { name: 's-proved', type: 'csv', last_proved_at: at },
      { name: 's-incomplete', type: 'ldap' },
      { name: 's-failed', type: 'ldap' },
    ])
    const why = { code: 'size-limit', message: 'The server stopped after 500 entries.' }
    const problem = { where: 'line 7', code: 'missing-id', message: 'person_id is empty.' }
    await insertRuns(
      { id: newId(), source: 's-proved', status: 'failed', started_at: '2026-01-31T00:00:00Z' },
      { id: newId(), source: 's-proved', status: 'completed', started_at: at, read },
      {
        id: newId(),
        source: 's-incomplete',
        status: 'completed',
        started_at: at,
        read: { ...read, complete: false, why, problems: [problem], problemCount: 1 },
      },
      {
        id: newId(),
        source: 's-failed',
        status: 'failed',
        started_at: at,
        fault: { code: 'unreachable', message: 'ldap.example.com refused.' },
      },
    )
    await db.database('source_records').insert({
      source: 's-incomplete',
      external_id: '7',
      id: newId(),
      hash: Buffer.alloc(16),
      active: true,
      attributes: '{}',
      link: 'none',
      link_fault: 'employeeNumber leads to 2 identities',
      created_at: at,
      changed_at: at,
    })
    const states = new Map((await listSources(db.database)).map((source) => [source.name, source.state]))
    expect(Object.fromEntries(states)).toEqual({
      's-frozen': 'frozen',
      's-new': 'never-read',
      's-proved': 'proved',
      's-incomplete': 'incomplete',
      's-failed': 'failed',
    })
    expect(await getSource(db.database, 's-incomplete')).toMatchObject({
      records: { total: 1, notLinked: 1, missing: 0 },
      faults: [{ ...why, where: null }, problem],
      notLinked: [{ externalId: '7', fault: 'employeeNumber leads to 2 identities' }],
    })
  })

  test('are suggested when their name is mistyped', async () => {
    await expect(getSource(db.database, 's-provd')).rejects.toThrow('Did you mean s-proved?')
  })
})

describe('audit events', () => {
  test('mask the addresses in the rows that they keep', async () => {
    const identity = newId()
    const before = {
      id: newId(),
      factor: 'otp-sms',
      address: '+4915112345678',
      key: '+4915112345678',
      origins: [],
    }
    await db.database('audit_events').insert({
      id: newId(),
      at: '2026-03-01T00:00:00Z',
      action: 'plan-applied',
      actor_kind: 'policy',
      actor_id: 'sha256:1',
      identity_id: identity,
      effects: JSON.stringify([
        { op: 'suspend', factor: 'otp-sms', because: 'field-staff', before, after: null },
      ]),
      detail: JSON.stringify({ unusable: [{ factor: 'otp-email', value: 'anna.b@example.com' }] }),
    })
    const [event] = await collect(
      readAuditEvents(db.database, { identity, since: null, limit: 0, order: 'newest-first' }),
    )
    expect(event).toMatchObject({
      at: '2026-03-01T00:00:00.000Z',
      action: 'plan-applied',
      actor: { kind: 'policy', id: 'sha256:1' },
      effects: [{ op: 'suspend', because: 'field-staff', before: { address: '+49•••••••••78' } }],
    })
    expect(JSON.stringify(event)).not.toMatch(/15112345678|anna\.b/)
  })

  test('are selected by time and come in the order asked for', async () => {
    const identity = newId()
    const ids = [newId(), newId(), newId()]
    for (const [index, id] of ids.entries()) {
      await insertEvent({ id, identity_id: identity, at: `2026-03-0${index + 1}T00:00:00Z` })
    }
    const since = '2026-03-02T00:00:00Z'
    const up = await collect(
      readAuditEvents(db.database, { identity, since, limit: 0, order: 'oldest-first' }),
    )
    const down = await collect(
      readAuditEvents(db.database, { identity, since, limit: 1, order: 'newest-first' }),
    )
    expect(up.map(({ id }) => id)).toEqual(ids.slice(1))
    expect(down.map(({ id }) => id)).toEqual(ids.slice(2))
  })

  test('are followed though a slow transaction commits an older id after a younger one', async () => {
    const identity = newId()
    await insertEvent({ id: newId(), identity_id: identity })
    const next = followAuditEvents(db.database, { identity, since: null })
    expect(await next()).toEqual([])
    const slow = newId()
    const quick = newId()
    await insertEvent({ id: quick, identity_id: identity })
    expect((await next()).map(({ id }) => id)).toEqual([quick])
    await insertEvent({ id: slow, identity_id: identity })
    expect((await next()).map(({ id }) => id)).toEqual([slow])
    expect(await next()).toEqual([])
  })

  async function insertEvent(event: { id: string; identity_id: string; at?: string }): Promise<void> {
    await db.database('audit_events').insert({
      at: new Date(),
      action: 'right-set',
      actor_kind: 'admin',
      actor_id: 'root',
      ...event,
    })
  }
})

describe('the status', () => {
  test('counts what is there, what is due and what is held', async () => {
    const since = '2026-04-01T00:00:00Z'
    const [first, second] = await insertPeople(db.database, [
      { enrollments: [{ status: 'active' }] },
      { active: false, enrollments: [{ status: 'suspended' }, { status: null, address: '+4915100000000' }] },
    ])
    await db.database('identity_states').where({ identity_id: first }).update({ due_at: since })
    await db.database('rights').insert({
      identity_id: first,
      factor: 'otp-sms',
      effective: true,
      origins: '[]',
      denials: '[]',
    })
    await db.database('policy_sets').insert({
      id: 'sha256:1',
      documents: '[]',
      conditions: '{}',
      settings: '{}',
      loaded_at: since,
      loaded_by: 'root',
    })
    await db.database('policy_set_in_force').update({ policy_set: 'sha256:1', since })
    const run = newId()
    await db.database('parked_effects').insert({
      identity_id: second,
      run_id: run,
      revision: 1,
      policy_set: 'sha256:1',
      effects: '[]',
    })
    expect(await readStatus(db.database)).toMatchObject({
      policySet: { id: 'sha256:1', since: '2026-04-01T00:00:00.000Z' },
      identities: { total: 2, active: 1 },
      rights: { 'otp-sms': 1 },
      enrollments: { active: 1, suspended: 1 },
      due: { total: 1, oldest: '2026-04-01T00:00:00.000Z' },
      held: { total: 1, runs: [run] },
    })
  })
})

describe('a fault of PostgreSQL', () => {
  test('quotes none of the values that the statement was given', async () => {
    const failing = db.database.raw('select ?::text, 1 / 0', ['anna.b@example.com'])
    await expect(failing).rejects.toThrow('division by zero')
    await expect(failing).rejects.not.toThrow('anna.b@example.com')
  })
})
