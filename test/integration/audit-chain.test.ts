// Longer than 300 lines: one chain, and everything that can be done to it.
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeOldAudit } from '../../application/audit/remove-old-audit.ts'
import { sealAudit } from '../../application/audit/seal-audit.ts'
import { verifyAudit } from '../../application/audit/verify-audit.ts'
import type { AuditFault, PinnedSeal } from '../../domain/audit-seal.ts'
import { type Database, migrate, type Transaction } from '../../store/database.ts'
import { followAuditEvents } from '../../store/read/audit-events.ts'
import { openStore, type Store } from '../../store/store.ts'
import type { AuditEvent } from '../../store/write/audit-events.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let base: TestDatabase
let store: Store
let now = Date.now()
const clock = () => new Date(now)
const day = 86_400_000

beforeAll(async () => {
  base = await createTestDatabase()
  store = openStore(base.database)
})
afterAll(() => base.close())

const event = (given: Partial<AuditEvent> = {}): AuditEvent => ({
  at: clock(),
  action: 'enrollment-changed',
  actor: { kind: 'admin', id: 'ada "o\'hara" \\ ünï' },
  identityId: newId(),
  runId: null,
  policySet: null,
  effects: null,
  reason: 'tab\tline\nquote"',
  detail: { n: 1.5, list: [null, true, 'ß'] },
  ...given,
})

const write = (count: number, given: Partial<AuditEvent> = {}) =>
  store.transaction((trx) =>
    store.audit.insertAuditEvents(
      trx,
      Array.from({ length: count }, () => event(given)),
    ),
  )
const seal = () => sealAudit({ store, clock }, 5000)

interface Look {
  readonly since?: Date
  readonly pins?: readonly PinnedSeal[]
}

async function verify(given: Look = {}, on: Store = store) {
  const faults: AuditFault[] = []
  const verdict = await verifyAudit(on, {
    since: given.since ?? null,
    pins: given.pins ?? [],
    onFault: (fault) => void faults.push(fault),
  })
  return { ...verdict, faults }
}

/** What is found when somebody changes this who may do everything in the database; it is undone afterwards. */
async function verifyTampered(sql: string, bindings: readonly string[] = [], given: Look = {}) {
  const trx = await store.database.transaction()
  try {
    await forge(trx, sql, bindings)
    return await verify(given, openStore(trx))
  } finally {
    await trx.rollback()
  }
}

async function forge(trx: Database, sql: string, bindings: readonly string[] = []) {
  // Triggers are off then: what only a superuser may say.
  await trx.raw("set local session_replication_role = 'replica'")
  await trx.raw(sql, [...bindings])
}

const forgeForGood = (sql: string) => store.transaction((trx) => forge(trx, sql))

const idAt = async (position: number) => {
  const { rows } = await store.database.raw<{ rows: { id: string }[] }>(
    'select id from audit_events order by number offset ? limit 1',
    [position],
  )
  return rows[0]?.id ?? ''
}

describe('sealing', () => {
  test('of what was written in bulk and one by one is computed alike in PostgreSQL and here', async () => {
    await write(2)
    await write(40, { effects: [], identityId: null, detail: null, reason: null })
    await write(1, { runId: newId(), policySet: 'sha256:x', at: new Date('2020-02-29T12:34:56.789Z') })
    expect(await seal()).toEqual({ seals: 1, events: 43, whole: true })
    expect(await verify()).toMatchObject({ ok: true, seals: 1, events: 43, unsealed: 0, faults: [] })
    expect(await seal()).toEqual({ seals: 0, events: 0, whole: true })
  })

  test('by several at once makes one chain', async () => {
    await write(100)
    const all = await Promise.all([seal(), seal(), seal()])
    expect(all.reduce((sum, { events }) => sum + events, 0)).toBe(100)
    expect(await verify()).toMatchObject({ ok: true, unsealed: 0 })
  })

  test('waits for a transaction that could still bring an earlier number, and goes on without it after a while', async () => {
    const late = await base.database.transaction()
    await store.audit.insertAuditEvents(late, [event()])
    await write(5)
    expect(await sealAudit({ store, clock }, 300)).toEqual({ seals: 0, events: 0, whole: false })
    const sealing = seal()
    await delay(50)
    await late.commit()
    expect(await sealing).toMatchObject({ events: 6, whole: true })
    expect(await verify()).toMatchObject({ ok: true, unsealed: 0 })
  })

  test('is not held up by a transaction that only reads, nor by one that writes something else', async () => {
    const reader = await base.database.transaction()
    await reader.raw('select count(*) from audit_events')
    await reader.raw("insert into rights values (gen_random_uuid(), 'otp-sms', false, null, '[]', '[]')")
    await write(1)
    expect(await sealAudit({ store, clock }, 0)).toMatchObject({ events: 1, whole: true })
    await reader.rollback()
  })
})

describe('verifying', () => {
  test('names a changed event, whatever of it was changed', async () => {
    const id = await idAt(50)
    const changes = [
      "actor_id = 'bob'",
      "at = at + interval '1 microsecond'",
      'detail = \'{"n": 1.5}\'',
      'reason = null',
      'identity_id = gen_random_uuid()',
      "effects = '[]'",
      "action = 'right-set'",
    ]
    for (const change of changes) {
      const found = await verifyTampered(`update audit_events set ${change} where id = ?`, [id])
      expect(found, change).toMatchObject({
        ok: false,
        faults: [{ kind: 'event-changed', seal: 2, event: id }],
      })
    }
    expect(await verify()).toMatchObject({ ok: true })
  })

  test('names a missing event', async () => {
    const id = await idAt(144)
    const found = await verifyTampered('delete from audit_events where id = ?', [id])
    expect(found.faults).toEqual([{ kind: 'event-missing', seal: 3, event: id }])
  })

  test('names an event that was put among those that were sealed', async () => {
    const found = await verifyTampered(
      `insert into audit_events overriding system value
       select '00000000-0000-4000-8000-000000000001', at, action, actor_kind, actor_id, null, null, null, null, null, null, -1
       from audit_events limit 1`,
    )
    expect(found.faults).toEqual([
      { kind: 'event-inserted', seal: 1, event: '00000000-0000-4000-8000-000000000001' },
    ])
  })

  test('names two events that changed places', async () => {
    const [one, other] = [await idAt(3), await idAt(20)]
    const found = await verifyTampered(
      `with gone as (delete from audit_events where id in (:one, :other) returning *)
       insert into audit_events overriding system value
       select a.id, a.at, a.action, a.actor_kind, a.actor_id, a.identity_id, a.run_id, a.policy_set, a.effects, a.reason,
         a.detail, b.number from gone a, gone b where a.id <> b.id`
        .replaceAll(':one', `'${one}'`)
        .replaceAll(':other', `'${other}'`),
    )
    expect(found.faults.map(({ kind, event: id }) => `${kind} ${id}`).sort()).toEqual(
      [`event-changed ${one}`, `event-changed ${other}`].sort(),
    )
  })

  test('names a seal that was changed, is missing or was made anew', async () => {
    const before = await verify()
    const kinds = async (sql: string, pins: readonly PinnedSeal[] = []) => {
      const { faults } = await verifyTampered(sql, [], { pins })
      return faults.map(({ kind, seal: number }) => `${kind} ${number}`)
    }
    expect(await kinds('update audit_seals set events = events + 1 where number = 2')).toEqual([
      'seal-changed 2',
    ])
    expect(await kinds("update audit_seals set hash = sha256('x') where number = 2")).toEqual([
      'seal-changed 2',
      'seal-changed 3',
    ])
    expect(await kinds("update audit_seals set marks = sha256('x') where number = 2")).toEqual([
      'seal-changed 2',
    ])
    expect(await kinds('delete from audit_seals where number = 2')).toEqual(['seal-missing 2'])
    // Who cuts the end off and waits for the next sealing is found by what was kept elsewhere.
    const pin = before.head as PinnedSeal
    expect(await kinds(`delete from audit_seals where number = ${pin.number}`, [pin])).toEqual([
      `pin-missing ${pin.number}`,
    ])
    expect(await verify({ pins: [pin, { number: 1, hash: 'f'.repeat(64) }] })).toMatchObject({
      faults: [{ kind: 'pin-missing', seal: 1 }],
    })
  })

  test('since a time looks at what is younger alone, and at how it follows what is older', async () => {
    const id = await idAt(5)
    now += day
    const since = clock()
    await write(4)
    await seal()
    const young = await verify({ since })
    expect(young).toMatchObject({ ok: true, seals: 1, events: 4 })
    const found = await verifyTampered('delete from audit_events where id = ?', [id], { since })
    expect(found).toMatchObject({ ok: true })
    const head = young.head?.number ?? 0
    const unfollowed = await verifyTampered(
      `update audit_seals set hash = sha256('x') where number = ${head - 1}`,
      [],
      { since },
    )
    expect(unfollowed.faults).toMatchObject([{ kind: 'seal-changed', seal: head }])
    expect(await verify({ since: new Date(now + day) })).toMatchObject({ ok: true, seals: 0 })
  })

  test('finds any one change of any event', async () => {
    const count = (await verify()).events
    const columns = ['actor_id', 'actor_kind', 'action', 'reason'] as const
    await fc.assert(
      fc.asyncProperty(fc.nat(count - 1), fc.constantFrom(...columns), async (position, column) => {
        const id = await idAt(position)
        const sql = `update audit_events set ${column} = coalesce(${column}, '') || ' ' where id = ?`
        const { faults } = await verifyTampered(sql, [id])
        expect(faults).toMatchObject([{ kind: 'event-changed', event: id }])
      }),
      { numRuns: 5 },
    )
  })
})

describe('rows of the chain', () => {
  test('cannot be changed or removed, even by the owner', async () => {
    for (const sql of [
      "update audit_events set reason = 'x'",
      'delete from audit_events',
      'truncate audit_events',
      'delete from audit_events /* \nPL/pgSQL function remove_sealed_events( */',
      'update audit_seals set events = 0',
      'delete from audit_seals',
      'truncate audit_seals',
    ])
      await expect(store.database.raw(sql), sql).rejects.toMatchObject({ code: '42501' })
  })
})

describe('accounts', () => {
  const as = async <Result>(role: string, work: (trx: Database) => Promise<Result>) => {
    const trx = await store.database.transaction()
    try {
      await trx.raw(`set local role ${role}`)
      return await work(trx)
    } finally {
      await trx.rollback()
    }
  }
  const denied = { code: '42501' }

  test('that run Muster seal and let retention do its work, and can remove nothing themselves', async () => {
    await migrate(store.database, { roles: true })
    await as('muster_run', async (trx) => {
      const own = openStore(trx)
      await own.audit.insertAuditEvents(trx as Transaction, [event()])
      await trx.raw('select remove_sealed_events(now(), 1)')
      await own.seals.tryLockChain(trx as Transaction)
    })
    for (const sql of [
      'delete from audit_events',
      'delete from audit_seals',
      'update audit_seals set events = 0',
    ])
      await expect(as('muster_run', (trx) => trx.raw(sql))).rejects.toMatchObject(denied)
  })

  test('that only read can verify, and neither seal nor remove', async () => {
    expect(await as('muster_read', (trx) => verify({}, openStore(trx)))).toMatchObject({ ok: true })
    const sql = 'select remove_sealed_events(now(), 1)'
    await expect(as('muster_read', (trx) => trx.raw(sql))).rejects.toMatchObject(denied)
  })
})

describe('retention', () => {
  test('removes nothing that is younger than 30 days, whoever asks', async () => {
    const before = await verify()
    await store.database.raw("select remove_sealed_events(now() + interval '10 years', 1000)")
    expect(await verify()).toMatchObject({ ok: true, events: before.events })
  })

  test('refuses to remove what is not as it was sealed', async () => {
    now = Date.now() - 100 * day
    const old = await createTestDatabase()
    const former = store
    store = openStore(old.database)
    try {
      await write(20)
      await seal()
      now = Date.now()
      await write(1)
      await seal()
      await forgeForGood('delete from audit_events where number = 7')
      await expect(removeOldAudit({ store, clock }, 40 * day)).rejects.toMatchObject({
        code: 'audit-chain-broken',
      })
      await expect(
        store.database.raw("select remove_sealed_events(now() - interval '40 days', 10)"),
      ).rejects.toThrow('nothing was removed')
      expect(await verify()).toMatchObject({ ok: false })
    } finally {
      store = former
      await old.close()
    }
  })

  test('removes old seals in pieces, leaves one summary of all, and the chain holds', async () => {
    const old = await createTestDatabase()
    const former = store
    store = openStore(old.database)
    try {
      for (let age = 112; age > 100; age -= 1) {
        now = Date.now() - age * day
        await write(3, { action: age % 2 === 0 ? 'right-set' : 'run-ended' })
        await seal()
      }
      now = Date.now()
      await write(2)
      await seal()
      const keep = 40 * day
      expect(await removeOldAudit({ store, clock }, keep)).toBe(30)
      expect(await removeOldAudit({ store, clock }, keep)).toBe(6)
      expect(await removeOldAudit({ store, clock }, keep)).toBe(0)
      await seal()
      const verdict = await verify({
        pins: [{ number: 12, hash: (await store.seals.readSeal(store.database, 12))?.hash ?? '' }],
      })
      expect(verdict).toMatchObject({ ok: true, faults: [], removed: 36, seals: 2, events: 4, unsealed: 0 })
      expect(await store.seals.readSeal(store.database, 12)).toMatchObject({
        kind: 'summary',
        events: 36,
        actions: { 'right-set': 18, 'run-ended': 18 },
        firstEvent: 1,
      })
      await forgeForGood("update audit_seals set events = 35 where kind = 'summary'")
      expect((await verify()).faults).toEqual([{ kind: 'summary-changed', seal: 12, event: null }])
    } finally {
      store = former
      await old.close()
    }
  })
})

describe('following', () => {
  test('gives each event once, also one whose transaction ends long after younger ones', async () => {
    const read = followAuditEvents(base.database, { identity: null, since: null })
    const slow = await base.database.transaction()
    await store.audit.insertAuditEvents(slow, [event({ reason: 'slow' })])
    expect(await read()).toEqual([])
    const seen: string[] = []
    const look = async () => {
      for (const { reason } of await read()) seen.push(reason ?? '')
    }
    for (const reason of ['a', 'b', 'c']) {
      await write(1, { reason })
      await look()
      await look()
    }
    expect(seen).toEqual(['a', 'b', 'c'])
    await slow.commit()
    await look()
    await write(1, { reason: 'd' })
    await look()
    await look()
    expect(seen).toEqual(['a', 'b', 'c', 'slow', 'd'])
  })

  test('gives all that ten writers commit at once, in whatever order', async () => {
    const read = followAuditEvents(base.database, { identity: null, since: null })
    await read()
    const seen: string[] = []
    let isOver = false
    const follow = (async () => {
      for (let last = false; ; last = isOver) {
        for (const { id } of await read()) seen.push(id)
        if (last) return
      }
    })()
    const marker = newId()
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let n = 0; n < 10; n += 1) await write(1 + (n % 7), { runId: marker })
      }),
    )
    isOver = true
    await follow
    const { rows } = await base.database.raw<{ rows: { id: string }[] }>(
      'select id from audit_events where run_id = ?',
      [marker],
    )
    expect(seen.toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
  })
})

describe('more events than one seal holds', () => {
  test('make several seals, each with what it counts', async () => {
    await seal()
    const { seals, events } = await verify()
    await write(10_003)
    expect(await seal()).toMatchObject({ seals: 2, events: 10_003 })
    expect(await store.seals.readHead(store.database)).toMatchObject({
      number: seals + 2,
      events: 3,
      actions: { 'enrollment-changed': 3 },
    })
    expect(await verify()).toMatchObject({ ok: true, seals: seals + 2, events: events + 10_003 })
  })
})
