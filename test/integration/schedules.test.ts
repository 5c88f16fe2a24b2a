import { type Client, ScheduleOverlapPolicy } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { keepSchedules } from '../../bin/compose/schedules.ts'
import { connectTemporal, type Temporal } from '../../bin/compose/temporal.ts'
import type { Configuration } from '../../config/configuration.ts'
import { Secret } from '../../config/secret.ts'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let test: TestDatabase
let temporal: Temporal
let client: Client

beforeAll(async () => {
  const namespace = `schedules-${process.pid}`
  const address = inject('temporalAddress')
  await registerNamespace(address, namespace)
  temporal = await connectTemporal({ address, namespace, tls: null, apiKey: null })
  client = temporal.client
  test = await createTestDatabase()
})
afterAll(async () => {
  await temporal?.close()
  await test?.close()
})

const hour = 3_600_000

/** Milliseconds between two reads of everything; with those between two of changes. */
type Interval = number | null | { readonly full: number | null; readonly changes: number }

function sources(intervals: Readonly<Record<string, Interval>>): Configuration['sources'] {
  const source = {
    type: 'csv',
    correlate: [],
    activity: 'decides',
    bringsGroups: false,
    pushed: false,
  } as const
  return Object.fromEntries(
    Object.entries(intervals).map(([name, asked]) => {
      const schedule = asked === null || typeof asked === 'number' ? { full: asked, changes: null } : asked
      return [name, { ...source, schedule, settings: new Secret({} as never) }]
    }),
  )
}

async function ids(): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { scheduleId } of client.schedule.list()) found.push(scheduleId)
  return found.sort()
}

const keep = (intervals: Readonly<Record<string, Interval>>) =>
  keepSchedules(client, test.database, sources(intervals))

/** Lists are a moment behind what was written. */
const settles = (wanted: readonly string[]) => expect.poll(ids, { timeout: 10_000 }).toEqual(wanted)

describe("Temporal's schedules", () => {
  it('become what the configuration says: the sweep, and each source with an interval', async () => {
    await keep({ corp: 24 * hour, hr: null })
    await settles(['muster:source:corp', 'muster:sweep'])
    const { spec, policies, action } = await client.schedule.getHandle('muster:source:corp').describe()
    expect(spec.intervals?.map(({ every }) => every)).toEqual([24 * hour])
    expect(policies.overlap).toBe(ScheduleOverlapPolicy.SKIP)
    expect(action).toMatchObject({ workflowType: 'reconcileSource', taskQueue: 'muster' })
  })

  it('follow a changed interval, and keep the pause that an operator made', async () => {
    await client.schedule.getHandle('muster:source:corp').pause('a migration')
    await keep({ corp: 6 * hour })
    const { spec, state } = await client.schedule.getHandle('muster:source:corp').describe()
    expect(spec.intervals?.map(({ every }) => every)).toEqual([6 * hour])
    expect(state).toMatchObject({ paused: true, note: 'a migration' })
  })

  it('go when their source does, and nobody else’s are touched', async () => {
    await client.schedule.create({
      scheduleId: 'backup',
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'backup', taskQueue: 'elsewhere', args: [] },
    })
    await settles(['backup', 'muster:source:corp', 'muster:sweep'])
    await keep({ hr: 24 * hour })
    await settles(['backup', 'muster:source:hr', 'muster:sweep'])
  })

  it('read changes beside everything, each in its own time', async () => {
    await keep({ hr: { full: 24 * hour, changes: hour / 12 } })
    await settles(['backup', 'muster:source:hr', 'muster:source:hr:changes', 'muster:sweep'])
    const kinds = await Promise.all(
      ['muster:source:hr', 'muster:source:hr:changes'].map(async (id) => {
        const { spec, action } = await client.schedule.getHandle(id).describe()
        const [request] = (action as { args?: readonly { kind: string }[] }).args ?? []
        return [request?.kind, spec.intervals?.map(({ every }) => every)]
      }),
    )
    expect(kinds).toEqual([
      ['full', [24 * hour]],
      ['changes', [hour / 12]],
    ])
    await keep({ hr: 24 * hour })
    await settles(['backup', 'muster:source:hr', 'muster:sweep'])
  })

  it('are the same when two processes start at once', async () => {
    await Promise.all([1, 2, 3].map(() => keep({ hr: 24 * hour, corp: hour })))
    await settles(['backup', 'muster:source:corp', 'muster:source:hr', 'muster:sweep'])
  })
})
