import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { requestRun, waitForRun } from '../../bin/compose/request-run.ts'
import { connectTemporal, type Temporal } from '../../bin/compose/temporal.ts'
import { type Directory, startDirectory } from '../../directory/start-directory.ts'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { openStore, type Store } from '../../store/store.ts'
import { BuiltProgram } from '../support/built-program.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { bindDn, bindPassword } from '../support/organization.ts'
import { putInForce } from '../support/policies.ts'
import { configureTown, describeTown, townPolicies } from '../support/town.ts'
import '../support/provided.ts'

/** Real workers over a real Temporal, killed in the middle of a first load; see also worker-death.test.ts. */
const namespace = `death-${process.pid}-${Date.now()}`
const requestedBy = { kind: 'admin', id: 'test' } as const
let folder: string
let directory: Directory
let test: TestDatabase
let store: Store
let temporal: Temporal
let program: BuiltProgram
const workers: ChildProcess[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-test-death-'))
  mkdirSync(join(folder, 'policies'))
  directory = await startDirectory({ ldif: describeTown(0), bindDn, bindPassword })
  writeFileSync(join(folder, 'muster.yaml'), configureTown(directory.url, 'DE'))
  test = await createTestDatabase()
  store = openStore(test.database)
  await store.runs.keepSources(test.database, [{ name: 'town', type: 'ldap' }])
  const address = inject('temporalAddress')
  await registerNamespace(address, namespace)
  temporal = await connectTemporal({ address, namespace, tls: null, apiKey: null })
  program = new BuiltProgram('mortal-worker.ts')
})
afterAll(async () => {
  for (const worker of workers) await kill(worker)
  program?.remove()
  await temporal?.close()
  await directory?.close()
  await test?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function startWorker(): Promise<ChildProcess> {
  const places = [join(folder, 'muster.yaml'), test.url, inject('temporalAddress'), namespace]
  const worker = program.start(...places)
  workers.push(worker)
  if (worker.stdout === null) throw new Error('The worker has no output.')
  await Promise.race([
    once(worker.stdout, 'data'),
    once(worker, 'exit').then(() => Promise.reject(worker.exitCode)),
  ])
  return worker
}

async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const ended = once(worker, 'exit')
  worker.kill('SIGKILL')
  await ended
}

/** What Temporal finds out by itself when a minute without a heartbeat is over: whoever had this work is gone. */
async function giveUpOnActivities(workflowId: string): Promise<void> {
  const { raw } = await temporal.client.workflow.getHandle(workflowId).describe()
  for (const { activityId } of raw.pendingActivities ?? []) {
    await temporal.client.activity
      .fail({ workflowId, activityId: activityId ?? '' }, new Error('its worker was killed'))
      // It was between two attempts.
      .catch(() => undefined)
  }
}

it('three workers that are killed one after the other leave to the fourth what makes the run whole', async () => {
  await putInForce({ store, clock: () => new Date() }, townPolicies(0))
  let worker = await startWorker()
  const runId = await requestRun(temporal.client, { source: 'town', kind: 'full', requestedBy })
  const [{ workflow_id: workflowId }] = await test.database('runs').where({ id: runId })
  for (const moment of [150, 700, 1400]) {
    // Long enough to be in the middle of the read; how far it is then differs from machine to machine.
    await delay(moment)
    await kill(worker)
    await giveUpOnActivities(workflowId)
    worker = await startWorker()
  }
  const people = (describeTown(0).match(/^uid: /gm) ?? []).length
  expect(await waitForRun(store, runId)).toMatchObject({
    status: 'completed',
    read: { complete: true, entries: people },
    records: { added: people, changed: 0, missing: 0 },
    identities: { created: people },
    brakes: [],
  })
  const { rows } = await test.database.raw(
    `select (select count(*)::int from identities) as identities,
      (select count(*)::int from audit_events where action = 'plan-applied') as events,
      (select count(distinct identity_id)::int from audit_events where action = 'plan-applied') as told,
      (select count(*)::int from audit_events where action = 'run-ended' and run_id = ?) as ends,
      (select count(*)::int from rights where factor = 'otp-email' and effective) as mail,
      (select count(*)::int from enrollments where factor = 'otp-email' and status = 'active') as mailboxes,
      (select count(*)::int from identity_states where due_at is not null) as due`,
    [runId],
  )
  expect(rows[0]).toEqual({
    identities: people,
    events: people,
    told: people,
    ends: 1,
    mail: people,
    mailboxes: people,
    due: 0,
  })
}, 300_000)
