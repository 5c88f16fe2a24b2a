import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTemporal, type Temporal } from '../../embedded/temporal.ts'
import { findTemporalCli, type TemporalCli } from '../../embedded/temporal-cli.ts'
import { type Crowd, type CrowdSource, countEffects, crowdSize, startCrowd } from '../support/crowd.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeFolder } from '../support/embedded-stack.ts'
import { holdRunAt } from '../support/standstill.ts'

/** A Temporal server of this file's own, killed in the middle of a run and started again on its port. */
const folder = makeFolder()
const namespace = 'muster'
const onProgress = () => undefined
let cli: TemporalCli
let temporal: Temporal
let db: TestDatabase
let crowd: Crowd

beforeAll(async () => {
  cli = await findTemporalCli({ environment: process.env, onProgress })
  temporal = await startOn(0)
  db = await createTestDatabase()
  const files = join(folder.path, 'files')
  mkdirSync(files)
  const places = { folder: files, databaseUrl: db.url, temporalAddress: temporal.address, namespace }
  crowd = await startCrowd(places)
})
afterAll(async () => {
  await crowd?.close()
  await db?.close()
  await temporal?.stop()
  folder.remove()
})

function startOn(port: number): Promise<Temporal> {
  const stateFile = join(folder.path, 'temporal', 'state.sqlite')
  return startTemporal({ cli, stateFile, namespace, port, uiPort: null, onProgress })
}

async function killTemporal(): Promise<void> {
  process.kill(temporal.pid, 'SIGKILL')
  await temporal.exited
}

const restart = async () => {
  temporal = await startOn(Number(temporal.address.split(':')[1]))
}

/** Everybody of the run was read and got everything once, whatever happened meanwhile. */
async function expectWhole(runId: string, sources: number): Promise<void> {
  expect(await crowd.finish(runId)).toMatchObject({
    status: 'completed',
    read: { complete: true, entries: crowdSize },
    records: { added: crowdSize },
    effects: { rightsGranted: crowdSize, enrolled: crowdSize, failed: 0 },
  })
  const everybody = sources * crowdSize
  expect(await countEffects(crowd, runId)).toEqual({
    events: crowdSize,
    identitiesInEvents: crowdSize,
    ends: 1,
    identities: everybody,
    rights: everybody,
    enrollments: everybody,
    due: 0,
  })
}

async function startHeld(source: CrowdSource, condition: string) {
  const standstill = await holdRunAt(db.url, condition)
  const runId = await crowd.start(source)
  await standstill.reached()
  return { standstill, runId }
}

test('Temporal killed and back while a source is read: the run ends right, each effect once', async () => {
  const { standstill, runId } = await startHeld('hr', "(new.records->>'added')::int > 5000")
  await killTemporal()
  await restart()
  await standstill.release()
  await expectWhole(runId, 1)
}, 180_000)

test('what was decided and applied while Temporal was away counts once when it is back', async () => {
  const { standstill, runId } = await startHeld('desk', "(new.effects->>'enrolled')::int > 5000")
  await killTemporal()
  await standstill.release()
  await crowd.appliedTo(runId)
  await restart()
  await expectWhole(runId, 2)
}, 180_000)
