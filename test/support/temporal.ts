import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  type WorkerOptions,
} from '@temporalio/worker'
import { inject } from 'vitest'
import './provided.ts'

/** The Temporal server of this test run, for one test file. */
export interface TestTemporal {
  readonly client: Client
  /** Spread into `Worker.create` beside the activities; the task queue is this file's own. */
  readonly workerOptions: Required<
    Pick<WorkerOptions, 'connection' | 'namespace' | 'taskQueue' | 'workflowBundle'>
  >
  close(): Promise<void>
}

/** Registered by the global setup. */
const NAMESPACE = 'muster'
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The SDK takes its logger once a process. */
let isQuiet = false

/** Connects to the run's Temporal server; the workflows are bundled once a run (about 3 s). */
export async function openTestTemporal(): Promise<TestTemporal> {
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('WARN') })
  isQuiet = true
  const address = inject('temporalAddress')
  const [connection, native, codePath] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
    bundleWorkflows(),
  ])
  return {
    client: new Client({ connection, namespace: NAMESPACE }),
    workerOptions: {
      connection: native,
      namespace: NAMESPACE,
      taskQueue: `test-${randomUUID()}`,
      workflowBundle: { codePath },
    },
    close: async () => {
      await Promise.all([connection.close(), native.close()])
    },
  }
}

/** Gives the path of the bundle of `workflows/index.ts`, for workers and for replays. */
export async function bundleWorkflows(): Promise<string> {
  const file = join(inject('runDirectory'), `workflows-${digestSources()}.js`)
  if (existsSync(file)) return file
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows/index.ts'),
    logger: new DefaultLogger('WARN'),
  })
  // Two test files may be at it at once; both write the same.
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, code)
  renameSync(draft, file)
  return file
}

/** In watch mode the sources change within one run. */
function digestSources(): string {
  const hash = createHash('sha256')
  for (const folder of ['workflows', 'domain']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).toSorted()) {
      if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(ROOT, folder, name)))
    }
  }
  return hash.digest('hex').slice(0, 16)
}
