import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { tryTemporalFor } from '../../../bin/compose/patience.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const unavailable = { code: 'temporal-unavailable', message: 'It is not there yet.', retryable: true }

describe('what waits for Temporal, for a while', () => {
  test('answers what came of it when it was tried again', async () => {
    let tries = 0
    const attempt = async () => {
      tries += 1
      if (tries < 3) throw new Error('not yet')
      return tries
    }
    const done = tryTemporalFor(60_000, 'It is not there yet', attempt, { log, interrupted: never })
    expect(await done).toBe(3)
  })

  test.each([
    ['every try fails', () => Promise.reject(new Error('not yet'))],
    ['a try never ends', () => new Promise<never>(() => undefined)],
  ])('says that Temporal is not there where %s', async (_, attempt) => {
    const late = tryTemporalFor(20, 'It is not there yet', attempt, { log, interrupted: never })
    await expect(late).rejects.toMatchObject(unavailable)
  })

  test('ends at once when the operator asks for the end', async () => {
    const operator = new AbortController()
    const waiting = tryTemporalFor(60_000, 'It is not there yet', () => new Promise<never>(() => undefined), {
      log,
      interrupted: operator.signal,
    })
    operator.abort(new Error('Ctrl-C'))
    await expect(waiting).rejects.toThrow('Ctrl-C')
  })
})
