import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { identifyProcess } from '../../embedded/process-identity.ts'
import {
  endForGood,
  interrupt,
  makeFolder,
  muster,
  musterJson,
  processesOf,
  readStack,
  startReady,
  startUp,
  type Up,
  waitFor,
  waitUntilGone,
  waitUntilSaid,
} from './muster-program.ts'
import { readTables, type Tables } from './stack-tables.ts'

/** One data directory, started, ended and killed in turn: every test goes on where the one before left it. */
const folder = makeFolder()
const place = { data: join(folder.path, 'data') }
let up: Up | undefined
let tables: Tables

afterAll(async () => {
  await endForGood(up)
  await waitUntilGone(processesOf(place))
  folder.remove()
})

const quiet = {
  rightsGranted: 0,
  rightsRevoked: 0,
  enrolled: 0,
  replaced: 0,
  suspended: 0,
  resumed: 0,
  removed: 0,
  held: 0,
  failed: 0,
}

describe('muster up on one data directory', () => {
  test('--once reads the sample organization, gives rights, enrolls addresses and ends', async () => {
    const { exitCode, out, err } = await muster(place, 'up', '--once', '--json')
    expect({ exitCode, err }).toMatchObject({
      exitCode: 0,
      err: expect.stringContaining('people have the right'),
    })
    const { runs } = JSON.parse(out)
    expect(runs.map(({ source }: { source: string }) => source)).toEqual(['corp', 'hr'])
    expect(runs[0]).toMatchObject({
      kind: 'full',
      status: 'completed',
      read: { complete: true, why: null, groups: { complete: true } },
      records: { changed: 0, unchanged: 0, missing: 0 },
      brakes: [],
      fault: null,
    })
    expect(runs[0].records.added).toBe(runs[0].read.entries)
    expect(runs[0].effects.rightsGranted).toBeGreaterThan(100)
    expect(runs[0].effects.enrolled).toBeGreaterThan(100)
    expect(runs[0].unusable.landline).toBeGreaterThan(0)
    // Some are in both: HR changes people that the directory made.
    expect(runs[1].identities.created).toBeGreaterThan(0)
    expect(runs[1].identities.changed).toBeGreaterThan(0)
    expect(readStack(place)).toBeNull()
    expect(processesOf(place)).toEqual([])
  })

  test('a start on the same data is soon ready, announces itself and reads nothing again', async () => {
    up = await startReady(place, 20_000)
    const stack = readStack(place)
    expect(stack).toMatchObject({ pid: up.child.pid, outbox: expect.stringMatching(/\/outbox$/) })
    expect(up.err()).not.toContain('Reading')
    // Ready is announced before the report is written.
    await waitFor('the report', () => up?.out().includes('Try next') === true)
    tables = await readTables(place)
    expect(tables.enrollments.length).toBeGreaterThan(100)
  })

  test('health, readiness and metrics are served where run.json says', async () => {
    const url = readStack(place)?.server
    const [health, ready, metrics] = await Promise.all(
      ['/healthz', '/readyz', '/metrics'].map((path) => fetch(`${url}${path}`)),
    )
    expect([health?.status, ready?.status, metrics?.status]).toEqual([200, 200, 200])
    expect(await metrics?.text()).toMatch(/^muster_\w+/m)
  })

  test('a second start on the same data is refused with the pid of the first, which goes on', async () => {
    const { exitCode, err } = await muster(place, 'up')
    expect(exitCode).toBe(1)
    expect(err).toBe(
      `error: The stack is already running on ${place.data} (pid ${up?.child.pid}). Stop it first, or choose another place with --data DIR.\n`,
    )
    expect(readStack(place)?.pid).toBe(up?.child.pid)
  })

  test('what kill -9 leaves ends by itself, and the next start has every row as it was', async () => {
    const left = processesOf(place)
    // up, PostgreSQL and its workers, Temporal, and two watchdogs.
    expect(left.length).toBeGreaterThan(6)
    up?.child.kill('SIGKILL')
    await up?.ended
    await waitUntilGone(left)
    expect(await muster(place, 'status')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('npx muster up'),
    })
    up = await startReady(place)
    expect(await readTables(place)).toEqual(tables)
  })

  test('kill -9 of its PostgreSQL ends it with a sentence and without a trace', async () => {
    const left = processesOf(place)
    process.kill(pidIn('postgres.process.json'), 'SIGKILL')
    const ended = await up?.ended
    expect(ended).toMatchObject({ exitCode: 1 })
    expect(lastLine(ended?.err)).toBe('error: PostgreSQL ended: signal SIGKILL. The next start recovers.')
    await waitUntilGone(left)
    expect(readStack(place)).toBeNull()
  })

  test('--once starts after that, finds everything unchanged and has no effect', async () => {
    const { runs } = await musterJson(place, ['up', '--once'])
    for (const run of runs) {
      expect(run).toMatchObject({
        status: 'completed',
        records: { added: 0, changed: 0, unchanged: run.read.entries, missing: 0, returned: 0 },
        identities: { created: 0, changed: 0, deactivated: 0, reactivated: 0 },
        effects: quiet,
      })
    }
    expect(runs).toHaveLength(2)
  })

  test('the next start shows that no row was touched, and no event written but one a run', async () => {
    const foreign = spawn('sleep', ['600'])
    try {
      // Notes as a killed start leaves them, but of a process that is no server of ours.
      for (const note of notes)
        writeFileSync(join(place.data, note), JSON.stringify(identifyProcess(foreign.pid ?? 0)))
      up = await startReady(place)
      expect(identifyProcess(foreign.pid ?? 0)).not.toBeNull()
    } finally {
      foreign.kill('SIGKILL')
    }
    expect(await readTables(place)).toEqual({ ...tables, auditEvents: tables.auditEvents + 2 })
  })

  test('kill -9 of its Temporal server ends it with a sentence, and the next start has the data', async () => {
    const left = processesOf(place)
    process.kill(pidIn('temporal/temporal.process.json'), 'SIGKILL')
    const ended = await up?.ended
    expect(ended).toMatchObject({ exitCode: 1 })
    expect(lastLine(ended?.err)).toBe('error: Temporal ended: signal SIGKILL. The next start recovers.')
    await waitUntilGone(left)
    up = await startReady(place)
    expect(await readTables(place)).toEqual({ ...tables, auditEvents: tables.auditEvents + 2 })
  })

  test('Ctrl-C ends within 10 s everything that was started', async () => {
    const started = processesOf(place)
    expect(up && (await interrupt(up))).toMatchObject({ exitCode: 0 })
    await waitUntilGone(started, 0)
    expect(readStack(place)).toBeNull()
  })

  test('Ctrl-C while --once reads ends everything as well, and is no success', async () => {
    up = startUp(place, '--once')
    await waitUntilSaid(up, 'Reading corp')
    const started = processesOf(place)
    const { exitCode, err } = await interrupt(up)
    expect({ exitCode, last: lastLine(err) }).toEqual({
      exitCode: 1,
      last: 'error: Interrupted before every source was read.',
    })
    await waitUntilGone(started, 0)
  })

  test('Ctrl-C in the middle of a start ends what had been started by then', async () => {
    up = startUp(place)
    await waitFor('PostgreSQL to be started', () => existsSync(join(place.data, 'postgres.process.json')))
    const { exitCode } = await interrupt(up)
    expect(exitCode).toBe(0)
    expect(processesOf(place)).toEqual([])
  })

  test('PostgreSQL killed in the middle of a first read is named, and the next start ends the work', async () => {
    const fresh = { data: join(folder.path, 'fresh') }
    up = startUp(fresh, '--once')
    await waitUntilSaid(up, 'Reading corp')
    process.kill(pidIn('postgres.process.json', fresh), 'SIGKILL')
    const { exitCode, err } = await up.ended
    expect({ exitCode, last: lastLine(err) }).toEqual({
      exitCode: 1,
      last: 'error: PostgreSQL ended: signal SIGKILL. The next start recovers.',
    })
    const { runs } = await musterJson(fresh, ['up', '--once'])
    expect(runs.map(({ status }: { status: string }) => status)).toEqual(['completed', 'completed'])
    up = await startReady(fresh)
    const again = await readTables(fresh)
    expect(again.enrollments).toHaveLength(tables.enrollments.length)
    expect(again.rights).toHaveLength(tables.rights.length)
    await interrupt(up)
  })
})

const notes = ['postgres.process.json', 'temporal/temporal.process.json']

function pidIn(note: string, { data } = place): number {
  return JSON.parse(readFileSync(join(data, note), 'utf8')).pid
}

function lastLine(text: string | undefined): string | undefined {
  return text?.trimEnd().split('\n').at(-1)
}
