import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerAudit } from '../../bin/commands/audit.ts'
import { registerStatus } from '../../bin/commands/status.ts'
import { openStore, type Store } from '../../store/store.ts'
import type { AuditEvent } from '../../store/write/audit-events.ts'
import { type CliWorld, runCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let base: TestDatabase
let store: Store

beforeAll(async () => {
  base = await createTestDatabase()
  store = openStore(base.database)
})
afterAll(() => base.close())

const event = (reason: string, at = new Date()): AuditEvent => ({
  ...{ at, action: 'right-set', actor: { kind: 'admin', id: 'ada' }, identityId: newId(), reason },
  ...{ runId: null, policySet: null, effects: null, detail: null },
})
const write = (reason: string, at?: Date) =>
  store.transaction((trx) => store.audit.insertAuditEvents(trx, [event(reason, at)]))
const muster = (words: readonly string[], world: Partial<CliWorld> = {}) =>
  runCli([registerAudit, registerStatus], { database: base.database, ...world }, ...words)
const reasonsOf = (out: string) =>
  out.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { reason: string }).reason]))

describe('muster audit', () => {
  test('--follow of one process shows what another commits late, after what was written later', async () => {
    const stop = new AbortController()
    const late = await base.database.transaction()
    await store.audit.insertAuditEvents(late, [event('late')])
    let isLateOver = false
    await write('first')
    const { out } = await muster(['audit', '--follow', '--limit', '1', '--json'], {
      signal: stop.signal,
      onOutput: (text) => {
        const reasons = reasonsOf(text)
        if (reasons.includes('late')) stop.abort()
        else if (reasons.length === 1) void write('young')
        else if (!isLateOver) {
          isLateOver = true
          void late.commit()
        }
      },
    })
    expect(reasonsOf(out)).toEqual(['first', 'young', 'late'])
  })

  test('--since and --who show what is asked for alone', async () => {
    const person = newId()
    await base.database('identities').insert({
      ...{
        id: person,
        user_name: 'ada',
        user_name_key: 'ada',
        active: true,
        attributes: '{}',
        addresses: '[]',
      },
      ...{ sources: [], created_at: new Date(), changed_at: new Date() },
    })
    await store.transaction((trx) =>
      store.audit.insertAuditEvents(trx, [{ ...event('hers'), identityId: person }]),
    )
    await write('old', new Date('2020-01-01T00:00:00Z'))
    const who = await muster(['audit', 'list', '--who', 'ada', '--json'])
    expect(reasonsOf(who.out)).toEqual(['hers'])
    const since = await muster(['audit', '--since', '1h', '--json'])
    expect(reasonsOf(since.out).toSorted()).toEqual(['first', 'hers', 'late', 'young'])
    const ancient = await muster(['audit', '--since', '2019-01-01', '--oldest-first', '--json'])
    expect(reasonsOf(ancient.out)).toContain('old')
  })
})

describe('muster audit seal and verify', () => {
  test('print the newest seal, find it again, and agree with muster status', async () => {
    const before = JSON.parse((await muster(['status', '--json'])).out)
    expect(before.audit).toMatchObject({ seal: null, unsealed: 5 })
    const { out } = await muster(['audit', 'seal'])
    expect(out).toMatch(/^5 events were sealed now\.\nNewest seal: 1:[0-9a-f]{64} of /)
    const [, pin = ''] = /(1:[0-9a-f]{64})/.exec(out) ?? []
    const verified = await muster(['audit', 'verify', '--seal', pin])
    expect(verified.exitCode).toBe(0)
    expect(verified.out).toContain('Everything is as it was sealed: 5 events in 1 seals, 0 not sealed yet.')
    expect((await muster(['status'])).out).toMatch(/\naudit {8}seal 1 of \S+, 0 events not sealed yet\n/)
  })

  test('end with 1 and name what is wrong, and with 2 where the seal that is asked for is none', async () => {
    const wrong = `1:${'0'.repeat(64)}`
    const pinned = await muster(['audit', 'verify', '--seal', wrong])
    expect(pinned.exitCode).toBe(1)
    expect(pinned.out).toContain('seal 1  pin-missing: this seal is not the one that was named')
    const { rows } = await base.database.raw("select id from audit_events where reason = 'late'")
    await store.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = 'replica'")
      await trx.raw("update audit_events set actor_id = 'eve' where reason = 'late'")
    })
    const changed = await muster(['audit', 'verify', '--json'])
    expect(changed.exitCode).toBe(1)
    expect(JSON.parse(changed.out)).toMatchObject({
      ok: false,
      faults: [{ kind: 'event-changed', seal: 1, event: rows[0].id }],
    })
    expect(await muster(['audit', 'verify', '--seal', 'x'])).toMatchObject({ exitCode: 2 })
  })

  test('wait for who is still writing', async () => {
    const open = await base.database.transaction()
    await store.audit.insertAuditEvents(open, [event('open')])
    await write('behind')
    const sealing = muster(['audit', 'seal', '--json'], {})
    await open.commit()
    expect(JSON.parse((await sealing).out)).toMatchObject({ whole: true, events: 2 })
  })
})
