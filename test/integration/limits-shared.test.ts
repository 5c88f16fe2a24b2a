import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultLimits } from '../../domain/limit-settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { LimitWorld, noLimits, openPool } from '../support/limit-world.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await createTestDatabase()
})
afterAll(() => test.close())

const run = promisify(execFile)
const program = fileURLToPath(new URL('../support/limit-sender.ts', import.meta.url))

describe('limits in PostgreSQL', () => {
  it('are one for two processes', async () => {
    const args = ['--import', 'tsx', program, test.url, '40']
    const got = await Promise.all([run(process.execPath, args), run(process.execPath, args)])
    expect(got.reduce((sum, { stdout }) => sum + Number(stdout), 0)).toBe(5)
  })

  it('let no two of fifty parallel senders wait for each other in a circle', async () => {
    const pool = openPool(test.url, 20)
    try {
      const world = new LimitWorld(pool, { ...noLimits, breaker: { ...defaultLimits.breaker, settle: 0 } })
      // Few of everything, combined in every way: the worst there is for the order of locks.
      const one = async (index: number) => {
        const given = {
          key: `+4915${index % 2}00${index % 3}00${String(index % 5).padStart(2, '0')}`,
          ...{
            client: `client-${index % 3}`,
            ip: `192.0.${index % 4}.1`,
            country: ['DE', 'FR'][index % 2] ?? null,
          },
          identityId: `0198c0de-0000-7000-8000-00000000000${index % 7}`,
          proven: index % 4 === 0,
        }
        const allowance = await world.send(given)
        if (index % 3 === 0) await world.type(1, given)
        return allowance.ok || allowance.limit === 'breaker'
      }
      for (let round = 0; round < 6; round += 1) {
        const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => one(round * 50 + index)))
        expect(answers).toEqual(answers.map(() => true))
      }
      const { rows } = await pool.raw(
        'select deadlocks::int from pg_stat_database where datname = current_database()',
      )
      expect(rows[0].deadlocks).toBe(0)
    } finally {
      await pool.destroy()
    }
  })
})
