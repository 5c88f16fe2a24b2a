import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { inject } from 'vitest'
import { putPolicyFolderInForce } from '../../bin/compose/policy-folder.ts'
import { requestRun, startSettling, waitForRun } from '../../bin/compose/request-run.ts'
import { connectTemporal, type Temporal } from '../../bin/compose/temporal.ts'
import { startWorker } from '../../bin/compose/worker.ts'
import type { Configuration } from '../../config/configuration.ts'
import { readConfiguration } from '../../config/read-configuration.ts'
import type { Run } from '../../domain/run.ts'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { openStore, type Store } from '../../store/store.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

/** A worker with its own database and its own Temporal namespace, reading CSV files that the test writes. */
export interface Reconciler {
  readonly store: Store
  readonly temporal: Temporal
  readonly configuration: Configuration
  /** Writes the file of a source: a header and one line a person. */
  write(source: string, lines: readonly string[]): void
  reconcile(source: string): Promise<Run>
  /** Validates a folder's worth of policies, puts them in force and waits for the roll-out. */
  loadPolicies(documents: readonly object[]): Promise<Run | null>
  close(): Promise<void>
}

const header = 'id,login,number,kind,department,mail,mobile,state'

/** Two sources, `hr` and `desk`, with the same columns; everything else as it is by default. */
export async function startReconciler(folder: string, more = ''): Promise<Reconciler> {
  const test = await createTestDatabase()
  const namespace = `test-${process.pid}-${Date.now()}`
  const address = inject('temporalAddress')
  await registerNamespace(address, namespace)
  const temporal = await connectTemporal({ address, namespace, tls: null, apiKey: null })
  const configuration = await configurationIn(folder, more)
  const store = openStore(test.database)
  const types = Object.entries(configuration.sources).map(([name, { type }]) => ({ name, type }))
  await store.runs.keepSources(test.database, types)
  const worker = await startWorker({ configuration, store, temporal, log: pino({ level: 'silent' }) })
  return {
    store,
    temporal,
    configuration,
    write: (source, lines) =>
      writeFileSync(join(folder, `${source}.csv`), `${[header, ...lines].join('\n')}\n`),
    reconcile: async (source) => {
      const requestedBy = { kind: 'admin', id: 'test' } as const
      return waitForRun(store, await requestRun(temporal.client, { source, kind: 'full', requestedBy }))
    },
    loadPolicies: (documents) => rollOut({ configuration, store, temporal, folder }, documents),
    close: () => closeAll(worker, temporal, test),
  }
}

async function rollOut(
  world: { configuration: Configuration; store: Store; temporal: Temporal; folder: string },
  documents: readonly object[],
): Promise<Run | null> {
  const { configuration, store, temporal } = world
  writeFileSync(join(configuration.policies, 'policy.json'), '')
  for (const [index, document] of documents.entries()) {
    writeFileSync(
      join(configuration.policies, `${index === 0 ? 'policy' : `policy-${index}`}.json`),
      JSON.stringify(document),
    )
  }
  const actor = { kind: 'admin', id: 'test' } as const
  const { runId } = await putPolicyFolderInForce(configuration, store, configuration.policies, actor)
  if (runId === null) return null
  await startSettling(temporal.client, runId)
  return waitForRun(store, runId)
}

async function configurationIn(folder: string, more: string): Promise<Configuration> {
  const source = (name: string) => `
  ${name}:
    type: csv
    file: ./${name}.csv
    externalId: id
    attributes:
      userName: login
      employeeNumber: number
      userType: kind
      department: department
      emails: [{ from: mail, type: work, primary: true }]
      phoneNumbers: [{ from: mobile, type: mobile }]
    inactive: [{ attribute: state, equals: off }]
    country: { default: DE }`
  const text = `policies: ./policies\nsources:${source('hr')}${source('desk')}\n${more}`
  const loaded = await readConfiguration({ file: join(folder, 'muster.yaml'), env: {} }, text)
  if (!loaded.ok) throw new Error(loaded.faults.map(({ message }) => message).join('\n'))
  return loaded.configuration
}

async function closeAll(
  worker: Awaited<ReturnType<typeof startWorker>>,
  temporal: Temporal,
  test: TestDatabase,
): Promise<void> {
  worker.shutdown()
  await worker.stopped
  await temporal.close()
  await test.close()
}
