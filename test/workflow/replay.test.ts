import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { beforeAll, describe, expect, it } from 'vitest'
import { readHistories } from '../support/histories.ts'

let workflowBundle: WorkflowBundleWithSourceMap

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url))
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: quiet })
})

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
const histories = readHistories()

describe('workflows replay the histories of real runs', () => {
  it('of every workflow that there is', () => {
    const types = new Set([...histories.keys()].map((name) => name.split('-')[0]))
    expect([...types].sort()).toEqual([
      'deliverchallenge',
      'draindue',
      'reconcilesource',
      'settlerun',
      'sweep',
    ])
  })

  it.each([...histories])('%s', async (_, history) => {
    await Worker.runReplayHistory({ workflowBundle }, history)
  })

  it('and a history whose steps were swapped is refused', async () => {
    const [, history] = [...histories].find(([name]) => name === 'reconcilesource-completed.json') ?? []
    const swapped = JSON.parse(JSON.stringify(history).replaceAll('"readSource"', '"weighRun"'))
    await expect(Worker.runReplayHistory({ workflowBundle }, swapped)).rejects.toBeInstanceOf(
      DeterminismViolationError,
    )
  })
})
