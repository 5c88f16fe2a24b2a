import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followDatabaseClock } from '../../bin/compose/database-clock.ts'
import { openLog } from '../../bin/log.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let test: TestDatabase

beforeAll(async () => {
  test = await createTestDatabase()
})
afterAll(() => test?.close())

const minutes = 60_000

describe('the clock of a process', () => {
  it.each([10 * minutes, -10 * minutes, 0])(
    'follows the database where the machine is wrong by %i ms',
    async (wrong) => {
      const lines: string[] = []
      const log = openLog({ level: 'info', component: 'test', stream: { write: (line) => lines.push(line) } })
      const time = followDatabaseClock(test.database, { log, systemTime: () => Date.now() + wrong })
      await time.look()
      expect(Math.abs(time.clock().getTime() - Date.now())).toBeLessThan(1000)
      const said = lines.map((line) => JSON.parse(line) as { msg: string; ms: number })
      expect(said.map(({ msg }) => msg)).toEqual(
        wrong === 0 ? [] : ["This machine's clock differs from the database's, which is used."],
      )
      for (const { ms } of said) expect(Math.abs(ms + wrong)).toBeLessThan(1000)
      time.close()
    },
  )

  it('says a difference once, and goes on with it while the database is away', async () => {
    const lines: string[] = []
    const log = openLog({ level: 'info', component: 'test', stream: { write: (line) => lines.push(line) } })
    const other = await createTestDatabase()
    const time = followDatabaseClock(other.database, { log, systemTime: () => Date.now() + 10 * minutes })
    await time.look()
    await time.look()
    expect(lines).toHaveLength(1)
    await other.close()
    await expect(time.look()).rejects.toThrow()
    expect(Math.abs(time.clock().getTime() - Date.now())).toBeLessThan(1000)
    time.close()
  })
})
