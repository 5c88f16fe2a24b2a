import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { limitConcurrency } from '../../../server/api/limit-concurrency.ts'

const limits = { atOnce: 2, waiting: 1, patience: 10_000 }
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Work that ends when the test says so. */
function begin(inTurn: ReturnType<typeof limitConcurrency>) {
  const end: { resolve?: (word: string) => void; reject?: (error: Error) => void } = {}
  const result = inTurn(
    () =>
      new Promise<string>((resolve, reject) => {
        Object.assign(end, { resolve, reject })
      }),
  )
  result.catch(() => undefined)
  return {
    result,
    started: () => end.resolve !== undefined,
    resolve: (word: string) => end.resolve?.(word),
    reject: (error: Error) => end.reject?.(error),
  }
}

describe('what is limited', () => {
  test('runs so much at a time, lets so much wait, and refuses the rest', async () => {
    const inTurn = limitConcurrency(limits)
    const [first, second, third, fourth] = [begin(inTurn), begin(inTurn), begin(inTurn), begin(inTurn)]
    await expect(fourth.result).rejects.toMatchObject({ code: 'too-many-requests', retryable: true })
    expect([first.started(), second.started(), third.started()]).toEqual([true, true, false])
    first.resolve('one')
    expect(await first.result).toBe('one')
    await vi.advanceTimersByTimeAsync(0)
    expect(third.started()).toBe(true)
  })

  test('gives its place on when it fails', async () => {
    const inTurn = limitConcurrency({ ...limits, atOnce: 1 })
    const [first, second] = [begin(inTurn), begin(inTurn)]
    first.reject(new Error('broken'))
    await expect(first.result).rejects.toThrow('broken')
    second.resolve('two')
    expect(await second.result).toBe('two')
    expect(begin(inTurn).started()).toBe(true)
  })

  test('is refused when it has waited too long, and leaves its place to others', async () => {
    const inTurn = limitConcurrency({ ...limits, atOnce: 1 })
    const [first, second] = [begin(inTurn), begin(inTurn)]
    await vi.advanceTimersByTimeAsync(10_000)
    await expect(second.result).rejects.toMatchObject({ code: 'too-many-requests' })
    const third = begin(inTurn)
    first.resolve('one')
    await first.result
    await vi.advanceTimersByTimeAsync(0)
    expect([second.started(), third.started()]).toEqual([false, true])
  })
})
