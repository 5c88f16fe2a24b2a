import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { type Postgres, startPostgres } from '../../embedded/postgres.ts'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { migrate, openDatabase } from '../../store/database.ts'
import { type Crowd, countEffects, crowdSize, startCrowd } from '../support/crowd.ts'
import { makeFolder } from '../support/embedded-stack.ts'
import { holdRunAt } from '../support/standstill.ts'
import '../support/provided.ts'

/** A PostgreSQL of this file's own, killed in the middle of a run and started again on its port. */
const folder = makeFolder()
let data: DataDirectory
let postgres: Postgres
let crowd: Crowd

beforeAll(async () => {
  data = openDataDirectory(join(folder.path, 'data'))
  postgres = await startOn(0)
  const database = openDatabase({ url: postgres.url, poolSize: 2 })
  await migrate(database)
  await database.destroy()
  const namespace = `faults-postgres-${process.pid}-${Date.now()}`
  const temporalAddress = inject('temporalAddress')
  await registerNamespace(temporalAddress, namespace)
  const files = join(folder.path, 'files')
  mkdirSync(files)
  crowd = await startCrowd({ folder: files, databaseUrl: postgres.url, temporalAddress, namespace })
})
afterAll(async () => {
  await crowd?.close()
  await postgres?.stop()
  data?.close()
  folder.remove()
})

function startOn(port: number): Promise<Postgres> {
  return startPostgres({ dataDir: data.path, port, onProgress: () => undefined })
}

/** Starts a run, kills PostgreSQL where `condition` first holds, starts it again and waits for the run's end. */
async function runThroughKill(source: 'hr' | 'desk', condition: string, seen: object) {
  const standstill = await holdRunAt(postgres.url, condition)
  const runId = await crowd.start(source)
  await standstill.reached()
  const [before] = await crowd.store.database('runs').where({ id: runId })
  expect(before).toMatchObject({ status: 'running', ...seen })
  process.kill(postgres.pid, 'SIGKILL')
  await postgres.exited
  await standstill.release()
  postgres = await startOn(postgres.port)
  return crowd.finish(runId)
}

test('PostgreSQL killed while a source is read: the run goes on when it is back, each record once', async () => {
  const seen = { records: { added: expect.toSatisfy((count) => count > 0 && count <= 5000) }, read: null }
  const run = await runThroughKill('hr', "(new.records->>'added')::int > 5000", seen)
  expect(run).toMatchObject({
    status: 'completed',
    read: { complete: true, entries: crowdSize },
    records: { added: crowdSize, changed: 0, missing: 0 },
    identities: { created: crowdSize },
    effects: { rightsGranted: crowdSize, enrolled: crowdSize, failed: 0 },
  })
  expect(await countEffects(crowd, run.id)).toEqual(once(1))
}, 120_000)

test('PostgreSQL killed while decisions are applied: the run goes on when it is back, each effect once', async () => {
  const seen = { effects: { enrolled: expect.toSatisfy((count) => count > 0 && count <= 5000) } }
  const run = await runThroughKill('desk', "(new.effects->>'enrolled')::int > 5000", seen)
  expect(run).toMatchObject({
    status: 'completed',
    records: { added: crowdSize },
    effects: { rightsGranted: crowdSize, enrolled: crowdSize, failed: 0 },
  })
  expect(await countEffects(crowd, run.id)).toEqual(once(2))
}, 120_000)

test('PostgreSQL killed while a run is ended: it ends once, and unchanged people had no effect', async () => {
  const run = await runThroughKill('hr', "new.status = 'completed'", {
    read: expect.objectContaining({ complete: true }),
  })
  expect(run).toMatchObject({
    status: 'completed',
    records: { added: 0, changed: 0, unchanged: crowdSize },
    effects: { rightsGranted: 0, enrolled: 0 },
  })
  expect(await countEffects(crowd, run.id)).toEqual({ ...once(2), events: 0, identitiesInEvents: 0 })
}, 120_000)

/** Everything once for each person of the run, after so many sources were read. */
function once(sources: number) {
  const everybody = sources * crowdSize
  return {
    events: crowdSize,
    identitiesInEvents: crowdSize,
    ends: 1,
    identities: everybody,
    rights: everybody,
    enrollments: everybody,
    due: 0,
  }
}
