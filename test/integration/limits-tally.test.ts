import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TypedCode } from '../../application/limits/note-typed.ts'
import { startTypedTally } from '../../application/limits/typed-tally.ts'
import { defaultLimits } from '../../domain/limit-settings.ts'
import { openStore } from '../../store/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { LimitWorld, openPool } from '../support/limit-world.ts'

let test: TestDatabase

beforeAll(async () => {
  test = await createTestDatabase()
})
afterAll(() => test.close())

const fail = (error: unknown) => {
  throw error
}

function typedOf(sender: LimitWorld, sends: number): TypedCode {
  return { ...sender.request({}), sends }
}

describe('typed codes are counted together', () => {
  it('and give back what their messages took, as if each were counted alone', async () => {
    const sender = new LimitWorld(test.database, defaultLimits)
    expect(await sender.sendMany(6)).toBe(5)
    const tally = startTypedTally(openStore(test.database), { onError: fail })
    tally.note(typedOf(sender, 2))
    tally.note(typedOf(sender, 1))
    await tally.close()
    expect(await sender.sendMany(6)).toBe(3)
  })

  it('for every address, by the hundred, with each message converted once', async () => {
    const senders = Array.from(
      { length: 100 },
      (_, n) => new LimitWorld(test.database, defaultLimits, { key: `+49160777${String(1000 + n)}` }),
    )
    for (const sender of senders) expect((await sender.send()).ok).toBe(true)
    const tally = startTypedTally(openStore(test.database), { onError: fail })
    for (const sender of senders) tally.note(typedOf(sender, 1))
    await tally.close()
    const converted = await test
      .database('conversions')
      .whereLike('prefix', '%49160777%')
      .sum({ sent: 'sent', typed: 'typed' })
    expect(Number(converted[0]?.['typed'])).toBeGreaterThanOrEqual(100)
    expect(converted[0]?.['typed']).toBe(converted[0]?.['sent'])
  })

  it('and wait where PostgreSQL does not answer, which is told', async () => {
    const away = openPool('postgres://nobody:wrong@127.0.0.1:9/none', 1)
    const faults: unknown[] = []
    const sender = new LimitWorld(test.database, defaultLimits, { key: '+491607780000' })
    const tally = startTypedTally(openStore(away), { onError: (error) => faults.push(error) })
    tally.note(typedOf(sender, 1))
    await tally.close()
    expect(faults.length).toBeGreaterThan(0)
    await away.destroy()
  })
})
