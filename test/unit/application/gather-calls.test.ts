import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { gatherCalls } from '../../../application/gather-calls.ts'

/** Notes its batches, and answers each when it is let go. */
function startBatches() {
  const batches: { readonly questions: readonly number[]; end(fault?: Error): void }[] = []
  const carryOut = (questions: readonly number[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      const end = (fault?: Error) => (fault === undefined ? resolve(questions.map(String)) : reject(fault))
      batches.push({ questions, end })
    })
  return { batches, carryOut }
}

it('carries calls of one turn out together, and those that come meanwhile when a batch has ended', async () => {
  const { batches, carryOut } = startBatches()
  const call = gatherCalls(carryOut, { atOnce: 1, most: 3 })
  const answers = Promise.all([1, 2].map(call))
  await turn()
  const later = Promise.all([3, 4, 5, 6].map(call))
  await turn()
  expect(batches.map(({ questions }) => questions)).toEqual([[1, 2]])
  batches[0]?.end()
  expect(await answers).toEqual(['1', '2'])
  batches[1]?.end()
  await turn()
  batches[2]?.end()
  expect(await later).toEqual(['3', '4', '5', '6'])
  expect(batches.map(({ questions }) => questions)).toEqual([[1, 2], [3, 4, 5], [6]])
})

it('fails the calls of a batch that fails, and goes on', async () => {
  const { batches, carryOut } = startBatches()
  const call = gatherCalls(carryOut, { atOnce: 1, most: 2 })
  const calls = Promise.allSettled([1, 2, 3].map(call))
  await turn()
  batches[0]?.end(new Error('away'))
  await turn()
  batches[1]?.end()
  expect((await calls).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
})
