import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DeciderInForce } from '../../application/decider.ts'
import { type DrainWorld, drainBatch } from '../../application/drain-due.ts'
import type { MergeWorld } from '../../application/merge-rows.ts'
import { createDecider } from '../../bin/compose/decider.ts'
import { type Attributes, enterpriseUrn, musterUrn } from '../../domain/attributes.ts'
import type { SourceRow } from '../../domain/source-row.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { emptyTables, tablesOfRuns } from '../support/empty-tables.ts'
import { derivation, mergeWorld, readRows } from '../support/merge-world.ts'
import { putInForce } from '../support/policies.ts'
import { readOf, row } from '../support/rows.ts'
import { readCounters, readStanding } from '../support/standing.ts'

/** The same reads twice: people are decided as they are made, or made due and drained. The end has to be the same. */
const now = new Date('2026-04-01T09:00:00.000Z')
const clock = () => now

interface Side {
  readonly test: TestDatabase
  readonly world: MergeWorld & DrainWorld
  /** Hands its decider to the merge. */
  readonly early: boolean
}
let sides: readonly [early: Side, late: Side]

beforeAll(async () => {
  sides = [await openSide(true), await openSide(false)]
})
afterAll(async () => {
  for (const { test } of sides ?? []) await test.close()
})
beforeEach(async () => {
  for (const { test } of sides) {
    await emptyTables(test.database, [...tablesOfRuns, 'sources'])
    await test.database('policy_set_in_force').update({ policy_set: null })
  }
})

async function openSide(early: boolean): Promise<Side> {
  const test = await createTestDatabase()
  const world = mergeWorld(test.database, {
    clock,
    derivation: { ...derivation, countries: new Set(['DE', 'FR']) },
  })
  const decider = createDecider(world.store)
  return { test, world: { ...world, decider, graceMs: 30 * 86_400_000, newId }, early }
}

/** One run to the end of its drain. `decider`: what the early side asks instead of its own. */
async function reconcile(
  { world, early }: Side,
  source: string,
  rows: readonly SourceRow[],
  decider: DeciderInForce = world.decider,
): Promise<string> {
  const { decider: _, ...without } = world
  const { runId } = await readRows(early ? { ...without, decider } : without, source, rows)
  await drain(world, runId)
  return runId
}

async function drain(world: DrainWorld, scope: string | null): Promise<number> {
  let decided = 0
  for (let cursor: string | null = null; ; ) {
    const step = await drainBatch(world, scope, cursor)
    decided += step.decided
    cursor = step.cursor
    if (cursor === null) return decided
  }
}

async function stateOf({ test }: Side, runId: string) {
  return { ...(await readStanding(test.database)), counters: await readCounters(test.database, runId) }
}

/** Everybody of a kind by its place: nearly all that can be said of a person at their first read. */
function personOf(n: number): SourceRow {
  const number = String(n).padStart(5, '0')
  const mobile = ['+4915112340000', '+3361234', '030 1234567', 'no number', '+436641234567'][n % 11] ?? null
  const attributes: Attributes = {
    userName: `user${number}`,
    userType: ['employee', 'contractor', 'admin', 'guest'][n % 4] ?? 'employee',
    preferredLanguage: n % 3 === 0 ? 'fr' : 'de',
    emails: [
      { value: n % 13 === 0 ? 'no mailbox' : `user${number}@example.com`, type: 'work', primary: true },
      ...(n % 5 === 0 ? [{ value: `home${number}@example.net`, type: 'home' }] : []),
      ...(n % 10 === 0 ? [{ value: `third${number}@example.net`, type: 'other' }] : []),
    ],
    phoneNumbers:
      n % 7 === 0
        ? []
        : [
            {
              value: mobile ?? `+49151${20_000_000 + n}`,
              type: 'mobile',
              ...(n % 9 === 0 ? { trust: 'claimed' as const } : {}),
            },
          ],
    [enterpriseUrn]: n % 17 === 0 ? {} : { employeeNumber: `E${number}`, department: `D${n % 6}` },
    ...(n % 4 === 1 ? { [musterUrn]: { endDate: `2026-0${(n % 8) + 1}-15` } } : {}),
  }
  return row(`p${number}`, {
    attributes,
    active: n % 6 !== 5,
    inactiveFrom: n % 19 === 0 ? '2026-05-01T00:00:00.000Z' : null,
    country: n % 2 === 0 ? 'DE' : 'FR',
  })
}

/** Every tenth person has a second record: same number, other words, sometimes inactive. */
function secondOf(n: number): SourceRow {
  const first = personOf(n)
  const attributes = { ...first.attributes, userName: `other${n}`, title: 'Second' }
  return { ...first, externalId: `second${n}`, attributes, active: n % 20 === 0 }
}

const people = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => personOf(from + n))

const everyone = {
  id: 'mail-for-all',
  priority: 10,
  target: 'active eq true',
  conditions: { all: [{ fact: 'emails', operator: 'present', value: true }] },
  event: {
    type: 'provision',
    params: {
      rights: ['otp-email'],
      enroll: [{ factor: 'otp-email', from: 'emails', take: 'all', max: 2 }],
    },
  },
}
const staff = {
  id: 'sms-for-staff',
  priority: 20,
  target: 'userType eq "employee" or userType eq "admin"',
  conditions: { all: [{ fact: 'department', operator: 'present', value: true }] },
  event: {
    type: 'provision',
    params: {
      rights: ['otp-sms'],
      enroll: [{ factor: 'otp-sms', from: 'phoneNumbers[type eq "mobile"]', take: 'first' }],
    },
  },
}
const contractors = {
  id: 'contractors-until-their-end',
  priority: 30,
  target: 'userType eq "contractor"',
  conditions: { all: [{ fact: 'endDate', operator: 'after', value: 'now' }] },
  event: {
    type: 'provision',
    params: {
      rights: ['otp-sms', { factor: 'otp-email', clients: ['timesheet'] }],
      enroll: [
        { factor: 'otp-sms', from: 'phoneNumbers', take: 'first', proof: 'required', onUnmatch: 'remove' },
      ],
    },
  },
}
const administrators = {
  id: 'no-sms-for-admins',
  conditions: { all: [{ fact: 'userType', operator: 'equal', value: 'admin' }] },
  event: { type: 'deny', params: { rights: ['otp-sms'], reason: 'Not by SMS.', overridable: true } },
}
const shadow = { ...everyone, id: 'only-shown', mode: 'shadow' }
const policies = [everyone, staff, contractors, administrators, shadow]

/** Runs a story on both sides and compares what stands at its end. */
async function expectSameEnd(story: (side: Side) => Promise<string>): Promise<ReturnType<typeof stateOf>> {
  const ends = []
  for (const side of sides) ends.push(await stateOf(side, await story(side)))
  const [early, late] = ends
  if (early === undefined || late === undefined) throw new Error('There are two sides.')
  for (const part of Object.keys(late) as (keyof typeof late)[]) expect(early[part], part).toEqual(late[part])
  return early
}

/** Who got something when they were made: a drain would have counted their revision up. */
async function bornWithEffects({ test }: Side): Promise<number> {
  const { rows } = await test.database.raw(
    `select count(*)::int as count from identity_states s where revision = 1
       and exists (select from audit_events a where a.identity_id = s.identity_id and a.action = 'plan-applied')`,
  )
  return rows[0].count
}

describe('a first load whose people are decided as they are made', () => {
  it('ends as one whose people are drained: rights, denials, enrollments, unusable values, dates, audit', async () => {
    const end = await expectSameEnd(async (side) => {
      await putInForce(side.world, policies)
      return reconcile(side, 'corp', people(0, 600))
    })
    expect(end.counters.effects).toMatchObject({ rightsGranted: expect.any(Number) })
    // The population says something: of every kind there is somebody.
    expect(Object.keys(end.counters.unusable).sort()).toEqual(
      [
        'forbidden-country',
        'invalid-number',
        'landline',
        'malformed-mailbox',
        'not-a-number',
        'over-limit',
      ].sort(),
    )
    const text = JSON.stringify(end)
    for (const word of [
      '"effective":false',
      'pending',
      'Not by SMS.',
      '"clients":["timesheet"]',
      'suspended',
    ])
      expect(text).toContain(word)
    expect(end.states.some((state) => state['review_at'] !== null)).toBe(true)
    expect(await bornWithEffects(sides[0])).toBe(end.audit.length)
    expect(await bornWithEffects(sides[1])).toBe(0)
    expect(end.audit.length).toBeGreaterThan(500)
  })

  it('ends so where two rows of one batch make one person', async () => {
    const rows = people(0, 300).flatMap((one, n) =>
      n % 10 === 0 && n % 17 !== 0 ? [one, secondOf(n)] : [one],
    )
    await expectSameEnd(async (side) => {
      await putInForce(side.world, policies)
      return reconcile(side, 'corp', rows)
    })
    const doubles = rows.length - 300
    expect(doubles).toBeGreaterThan(20)
    expect(await bornWithEffects(sides[0])).toBeGreaterThan(200)
    expect(await bornWithEffects(sides[0])).toBeLessThanOrEqual(300 - doubles)
  })

  it('ends so where people are known from another source, and some fit two of them', async () => {
    await expectSameEnd(async (side) => {
      await putInForce(side.world, policies)
      await reconcile(side, 'hr', people(100, 400))
      const twins = [500, 501].map((n) => ({
        ...personOf(n),
        externalId: `twin${n}`,
        attributes: { userName: 'twin' },
      }))
      await reconcile(side, 'desk', twins)
      return reconcile(side, 'corp', [
        ...people(0, 300),
        row('ambiguous', { attributes: { userName: 'twin' } }),
      ])
    })
  })

  it('ends so where another policy set comes into force between the decision and the merge', async () => {
    await expectSameEnd(async (side) => {
      await putInForce(side.world, [administrators])
      if (!side.early) {
        await putInForce(side.world, policies)
        return reconcile(side, 'corp', people(0, 300))
      }
      let loaded = false
      const overtaken: DeciderInForce = async () => {
        const decider = await side.world.decider()
        if (decider === null || loaded) return decider
        return {
          ...decider,
          decideBatch: async (identities, at) => {
            const decisions = await decider.decideBatch(identities, at)
            if (!loaded) {
              loaded = true
              await putInForce(side.world, policies)
            }
            return decisions
          },
        }
      }
      return reconcile(side, 'corp', people(0, 300), overtaken)
    })
    expect(await bornWithEffects(sides[0])).toBe(0)
  })

  it('ends so where half of them came in by another read after they were looked up', async () => {
    await expectSameEnd(async (side) => {
      await putInForce(side.world, policies)
      const { decider, ...late } = side.world
      const { runId } = await readRows(
        side.early ? { ...late, decider } : late,
        'corp',
        [],
        {},
        {
          rows: async function* () {
            // What is known was loaded before.
            await readRows(late, 'corp', people(0, 150))
            return yield* readOf(people(0, 300))
          },
        },
      )
      await drain(side.world, null)
      await drain(side.world, runId)
      return runId
    })
    expect(await bornWithEffects(sides[0])).toBeGreaterThan(100)
    expect(await bornWithEffects(sides[0])).toBeLessThanOrEqual(150)
  })

  it('makes everybody due, as they are, where no policy set is in force', async () => {
    const end = await expectSameEnd((side) => reconcile(side, 'corp', people(0, 200)))
    expect(end.rights).toEqual([])
    expect(end.states.every((state) => state['due_at'] !== null)).toBe(true)
  })

  it('ends so when the same read is taken again, and when people change and switch off afterwards', async () => {
    await expectSameEnd(async (side) => {
      await putInForce(side.world, policies)
      await reconcile(side, 'corp', people(0, 200))
      const later = people(0, 300).map((one, n) => ({ ...one, active: n % 3 !== 0, country: 'DE' }))
      return reconcile(side, 'corp', later)
    })
  })
})
