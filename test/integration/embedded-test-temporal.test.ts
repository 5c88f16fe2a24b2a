import { Worker } from '@temporalio/worker'
import { expect, test } from 'vitest'
import { bundleWorkflows, openTestTemporal } from '../support/temporal.ts'

test('a worker of a test file runs our own bundle on the server of the run', async () => {
  const temporal = await openTestTemporal()
  const worker = await Worker.create({ ...temporal.workerOptions, activities: { ping: async () => 'pong' } })
  const { workflowService } = temporal.client
  const { taskQueue, namespace } = temporal.workerOptions
  const seen = await worker.runUntil(async () => {
    for (;;) {
      const { pollers } = await workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
      })
      if ((pollers?.length ?? 0) > 0) return pollers
    }
  })
  expect(seen).not.toHaveLength(0)
  await temporal.close()
})

test('the bundle is made once a run', async () => {
  const first = await bundleWorkflows()
  const before = performance.now()
  expect(await bundleWorkflows()).toBe(first)
  expect(performance.now() - before).toBeLessThan(500)
})
