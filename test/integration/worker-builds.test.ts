import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Activities } from '../../activities/activities.ts'
import '../support/provided.ts'
import { bundleWorkflows, openTestTemporal, type TestTemporal } from '../support/temporal.ts'
import { bundleChanged } from '../support/worker-build.ts'

/**
 * A worker of an older and one of a newer build on one queue. The newer one has a step more in `settleRun`, behind
 * `patched`: it drains once more at the end.
 */
let temporal: TestTemporal
let folder: string
let bundles: { readonly older: string; readonly newer: string }

beforeAll(async () => {
  temporal = await openTestTemporal()
  folder = mkdtempSync(join(tmpdir(), 'muster-test-builds-'))
  const older = await bundleWorkflows()
  const newer = await bundleChanged(folder, 'settle-run.ts', (source) =>
    source
      .replace('import { proxyActivities,', 'import { patched, proxyActivities,')
      .replace(
        'import { type MutableProgress, patient, settle }',
        'import { drain, type MutableProgress, patient, settle }',
      )
      .replace(
        "  progress.phase = 'ended'\n",
        "  if (patched('drain-once-more')) await drain(runId, progress)\n  progress.phase = 'ended'\n",
      ),
  )
  bundles = { older, newer }
})
afterAll(async () => {
  await temporal?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Activities that wait until they are let go, and count. */
function makeActivities() {
  const counts = { drained: 0, weighed: 0, finished: 0 }
  let letGo: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const activities: Pick<Activities, 'drainSome' | 'weighRun' | 'releaseSome' | 'finishRun'> = {
    drainSome: async () => {
      counts.drained += 1
      await gate
      return { cursor: null, decided: 0, effects: 0 }
    },
    weighRun: async () => {
      counts.weighed += 1
      return 'release'
    },
    releaseSome: async () => ({ released: 0, again: 0 }),
    finishRun: async () => {
      counts.finished += 1
      return 'completed'
    },
  }
  return { counts, activities, letGo }
}

async function startBuild(build: 'older' | 'newer', taskQueue: string, activities: object) {
  // A connection of its own, as a process has.
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') })
  const worker = await Worker.create({
    ...temporal.workerOptions,
    connection,
    taskQueue,
    workflowBundle: { codePath: bundles[build] },
    activities,
    // So that each workflow task may go to either build: none keeps a workflow to itself.
    maxCachedWorkflows: 0,
    shutdownGraceTime: 0,
  })
  const stopped = worker.run()
  return {
    end: async () => {
      worker.shutdown()
      await stopped
      await connection.close()
    },
  }
}

describe('an upgrade of workers', () => {
  it('carries on what an older build had begun, without the new step, when only the newer is left', async () => {
    const taskQueue = `upgrade-${process.pid}`
    const { counts, activities, letGo } = makeActivities()
    const older = await startBuild('older', taskQueue, activities)
    const handle = await temporal.client.workflow.start('settleRun', {
      taskQueue,
      workflowId: taskQueue,
      args: [{ runId: 'r1' }],
    })
    await expect.poll(() => counts.drained).toBe(1)
    const newer = await startBuild('newer', taskQueue, activities)
    const ending = older.end()
    letGo()
    await ending
    expect(await handle.result()).toMatchObject({ status: 'completed' })
    // It had no marker when it passed the place, or came to it on the newer build: both are right, once each.
    expect(counts).toMatchObject({ weighed: 1, finished: 1 })
    await newer.end()
  })

  it('runs both builds side by side: every run ends once, whichever build began it', async () => {
    const taskQueue = `side-by-side-${process.pid}`
    const { counts, activities, letGo } = makeActivities()
    letGo()
    const builds = [
      await startBuild('older', taskQueue, activities),
      await startBuild('newer', taskQueue, activities),
    ]
    const runs = Array.from({ length: 3 }, (_, n) => `${taskQueue}-${n}`)
    const handles = await Promise.all(
      runs.map((workflowId) =>
        temporal.client.workflow.start('settleRun', { taskQueue, workflowId, args: [{ runId: workflowId }] }),
      ),
    )
    const results = await Promise.all(handles.map((handle) => handle.result()))
    expect(results.every(({ status }) => status === 'completed')).toBe(true)
    expect(counts).toMatchObject({ weighed: runs.length, finished: runs.length })
    expect(counts.drained).toBeGreaterThanOrEqual(runs.length)
    await Promise.all(builds.map((build) => build.end()))
  })
})
