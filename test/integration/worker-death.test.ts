import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 as newId } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDirectory } from '../../directory/start-directory.ts'
import { openStore, type Store } from '../../store/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Death, type Lived, Mortals } from '../support/mortals.ts'
import { bindDn, bindPassword } from '../support/organization.ts'
import { putInForce } from '../support/policies.ts'
import { readCounters, readStanding } from '../support/standing.ts'
import { configureTown, describeTown, townPolicies } from '../support/town.ts'

/** Two tellings of one story: in one the process that does the work is killed again and again, in the other never. */
interface Telling {
  readonly test: TestDatabase
  readonly store: Store
  readonly mortals: Mortals
}
let folder: string
let mortal: Telling
let oracle: Telling

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-test-death-'))
  mkdirSync(join(folder, 'policies'))
  mortal = await openTelling()
  oracle = await openTelling()
})
afterAll(async () => {
  for (const { test, mortals } of [mortal, oracle]) {
    await mortals?.close()
    await test?.close()
  }
  rmSync(folder, { recursive: true, force: true })
})

async function openTelling(): Promise<Telling> {
  const test = await createTestDatabase()
  const store = openStore(test.database)
  await store.runs.keepSources(test.database, [{ name: 'town', type: 'ldap' }])
  return { test, store, mortals: new Mortals() }
}

/** Deaths in all, and how many of them one run dies at most, so that every kind of run has its part. */
const [deathsWanted, deathsInRun] = [47, 10]

/** Numbers from 0 to 1, the same for the same seed. */
function drawFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
const draw = drawFrom(20_261_125)
let lastDay = 0

/** Where the deaths of a run come: in long steps more often, and as long as it took who lived through it. */
function planDeaths(lived: readonly Lived[]): Death[] {
  // A step stands in the urn as often as the root of its milliseconds says.
  const urn = lived.flatMap(({ milliseconds }, step) =>
    Array.from({ length: Math.ceil(Math.sqrt(milliseconds)) }, () => step),
  )
  const drawStep = () => urn[Math.floor(draw() * urn.length)] ?? 0
  return Array.from({ length: deathsInRun }, drawStep)
    .sort((left, right) => left - right)
    .map((step) => ({ step, after: draw() * (lived[step]?.milliseconds ?? 0) }))
}

interface ToldRun {
  readonly counters: unknown
  readonly lived: readonly Lived[]
}

/**
 * One day of the story: the policies of the day are put in force, then the town is read. `before`: the runs of the
 * day as the oracle lived them; left out: nobody dies.
 */
async function tell(
  { test, store, mortals }: Telling,
  day: { readonly version: number; readonly configuration: string },
  before: readonly ToldRun[] | null,
): Promise<readonly ToldRun[]> {
  const now = new Date(Date.UTC(2026, 3, 1 + day.version)).toISOString()
  const order = { configuration: day.configuration, databaseUrl: test.url, now }
  const loaded = await putInForce({ store, clock: () => new Date(now) }, townPolicies(day.version))
  const runs = [
    ...(loaded.runId === null ? [] : [{ runId: loaded.runId, source: null }]),
    { runId: newId(), source: 'town' },
  ]
  const told: ToldRun[] = []
  for (const [index, run] of runs.entries()) {
    // Nobody is there at the first roll-out: to die in it proves nothing.
    const isWorthIt = run.source !== null || day.version > 0
    const planned = isWorthIt ? planDeaths(before?.[index]?.lived ?? []) : []
    const end = await mortals.reconcile({ ...order, ...run }, (over) => {
      if (before === null || mortals.deaths.length >= deathsWanted) return null
      while ((planned[0]?.step ?? over) < over) planned.shift()
      return planned.shift() ?? null
    })
    expect(end).toBe('completed')
    const ends = { run_id: run.runId, action: 'run-ended' }
    expect(await test.database('audit_events').where(ends)).toHaveLength(1)
    told.push({ counters: await readCounters(test.database, run.runId), lived: mortals.lived })
  }
  return told
}

async function expectSameStanding() {
  const [left, right] = [await readStanding(mortal.test.database), await readStanding(oracle.test.database)]
  for (const part of Object.keys(right) as (keyof typeof right)[])
    expect(left[part], part).toEqual(right[part])
  return right
}

const countersOf = (told: readonly ToldRun[]) => told.map(({ counters }) => counters)

describe('a worker', () => {
  it('killed 47 times, wherever it is, leaves what it would have left alive, and no effect twice', async () => {
    for (let version = 0; version < 4 || mortal.mortals.deaths.length < deathsWanted; version++) {
      lastDay = version
      const directory = await startDirectory({ ldif: describeTown(version), bindDn, bindPassword })
      const day = { version, configuration: join(folder, `muster-${version}.yaml`) }
      writeFileSync(day.configuration, configureTown(directory.url, version % 4 === 3 ? 'FR' : 'DE'))
      const expected = await tell(oracle, day, null)
      const told = await tell(mortal, day, expected)
      expect(countersOf(told), `version ${version}`).toEqual(countersOf(expected))
      await directory.close()
    }
    const right = await expectSameStanding()
    // The story says something, and death came everywhere.
    expect(right.audit.length).toBeGreaterThan(6000)
    expect(mortal.mortals.deaths).toEqual(expect.arrayContaining(['read', 'drain']))
  }, 600_000)

  it('that is taken for dead and works on beside the next one counts nothing twice: two at once are one run', async () => {
    const other = new Mortals()
    // A day with other policies than the last one had.
    const version = lastDay % 4 < 2 ? 10 : 8
    const directory = await startDirectory({ ldif: describeTown(version), bindDn, bindPassword })
    const day = { version, configuration: join(folder, 'muster-twice.yaml') }
    writeFileSync(day.configuration, configureTown(directory.url, 'DE'))
    const expected = await tell(oracle, day, null)
    const now = new Date(Date.UTC(2026, 3, 1 + version)).toISOString()
    const order = { configuration: day.configuration, databaseUrl: mortal.test.url, now }
    const loaded = await putInForce(
      { store: mortal.store, clock: () => new Date(now) },
      townPolicies(version),
    )
    try {
      for (const [index, source] of [null, 'town'].entries()) {
        const run = { ...order, runId: source === null ? (loaded.runId ?? '') : newId(), source }
        const ends = [mortal.mortals.reconcile(run), other.reconcile(run)]
        expect(await Promise.all(ends)).toEqual(['completed', 'completed'])
        expect(await readCounters(mortal.test.database, run.runId)).toEqual(expected[index]?.counters)
      }
    } finally {
      await other.close()
      await directory.close()
    }
    await expectSameStanding()
  }, 300_000)
})
