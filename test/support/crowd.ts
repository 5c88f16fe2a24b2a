import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { putPolicyFolderInForce } from '../../bin/compose/policy-folder.ts'
import { requestRun, startSettling, waitForRun } from '../../bin/compose/request-run.ts'
import { connectTemporal } from '../../bin/compose/temporal.ts'
import { installTemporalRuntime, startWorker } from '../../bin/compose/worker.ts'
import { readConfiguration } from '../../config/read-configuration.ts'
import type { Run } from '../../domain/run.ts'
import { openDatabase } from '../../store/database.ts'
import { getRun } from '../../store/read/runs.ts'
import { openStore, type Store } from '../../store/store.ts'

/** A worker over two sources of 20,000 people each, all of whom a policy gives a right and an enrollment. */
export interface Crowd {
  readonly store: Store
  /** Starts a run; answers its id. */
  start(source: CrowdSource): Promise<string>
  /** Waits until everybody of a run has what the policy gives, whether or not anybody could be told. */
  appliedTo(runId: string): Promise<void>
  /** Waits for its end. */
  finish(runId: string): Promise<Run>
  close(): Promise<void>
}

export type CrowdSource = 'hr' | 'desk'
/** People in one source: several merges and several batches of decisions. */
export const crowdSize = 20_000

export interface CrowdPlaces {
  /** For the sources, the policy and the configuration. */
  readonly folder: string
  /** Of a database with the newest schema. */
  readonly databaseUrl: string
  readonly temporalAddress: string
  readonly namespace: string
}

const policy = {
  id: 'mail',
  target: 'active eq true',
  conditions: { all: [{ fact: 'emails', operator: 'present', value: true }] },
  event: {
    type: 'provision',
    params: { rights: ['otp-email'], enroll: [{ factor: 'otp-email', from: 'emails', take: 'first' }] },
  },
}

/** Once a test file: the Temporal SDK takes its logger once a process. */
export async function startCrowd(places: CrowdPlaces): Promise<Crowd> {
  const log = pino({ level: 'silent' })
  installTemporalRuntime(log)
  const configuration = await writeConfiguration(places.folder)
  const database = openDatabase({
    url: places.databaseUrl,
    poolSize: 5,
    applicationName: 'muster-test-crowd',
  })
  const store = openStore(database)
  await store.runs.keepSources(database, [
    { name: 'hr', type: 'csv' },
    { name: 'desk', type: 'csv' },
  ])
  const { temporalAddress: address, namespace } = places
  const temporal = await connectTemporal({ address, namespace, tls: null, apiKey: null })
  const worker = await startWorker({ configuration, store, temporal, log })
  const requestedBy = { kind: 'admin', id: 'test' } as const
  const { runId } = await putPolicyFolderInForce(configuration, store, configuration.policies, requestedBy)
  if (runId !== null) {
    await startSettling(temporal.client, runId)
    await waitForRun(store, runId)
  }
  return {
    store,
    start: (source) => requestRun(temporal.client, { source, kind: 'full', requestedBy }),
    appliedTo: async (id) => {
      const deadline = performance.now() + 60_000
      while ((await getRun(database, id)).effects.enrolled < crowdSize) {
        if (performance.now() > deadline) throw new Error('Not everybody was enrolled within a minute.')
        await delay(100)
      }
    },
    finish: (id) => waitForRun(store, id),
    close: async () => {
      worker.shutdown()
      await worker.stopped
      await temporal.close()
      await database.destroy()
    },
  }
}

/** What must be there once for everybody who was read, however often a step of the run was tried. */
export async function countEffects({ store }: Crowd, runId: string) {
  const { rows } = await store.database.raw<{ rows: Record<string, number>[] }>(
    `select
       (select count(*)::int from audit_events where run_id = :runId and identity_id is not null) as events,
       (select count(distinct identity_id)::int from audit_events where run_id = :runId) as "identitiesInEvents",
       (select count(*)::int from audit_events where run_id = :runId and action = 'run-ended') as ends,
       (select count(*)::int from identities) as identities,
       (select count(*)::int from rights where effective) as rights,
       (select count(*)::int from enrollments where status = 'active') as enrollments,
       (select count(*)::int from identity_states where due_at is not null) as due`,
    { runId },
  )
  return rows[0]
}

async function writeConfiguration(folder: string) {
  mkdirSync(join(folder, 'policies'), { recursive: true })
  writeFileSync(join(folder, 'policies', 'mail.json'), JSON.stringify(policy))
  const sources = ['hr', 'desk'] as const
  for (const source of sources) {
    const people = Array.from(
      { length: crowdSize },
      (_, n) => `${n},${source}${n},${source}-${n},${source}${n}@example.org`,
    )
    writeFileSync(join(folder, `${source}.csv`), `id,login,number,mail\n${people.join('\n')}\n`)
  }
  const text = `policies: ./policies\nsources:\n${sources.map(describeSource).join('')}`
  const loaded = await readConfiguration({ file: join(folder, 'muster.yaml'), env: {} }, text)
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
  return loaded.configuration
}

function describeSource(name: CrowdSource): string {
  return `  ${name}:
    type: csv
    file: ./${name}.csv
    externalId: id
    attributes: { userName: login, employeeNumber: number, emails: [{ from: mail, type: work }] }
`
}
