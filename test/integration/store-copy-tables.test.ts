import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { copyTables, type ReadyRows } from '../../store/copy-tables.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await createTestDatabase()
  await test.database.raw(
    'create table first (n int primary key, text text); create table second (n int primary key)',
  )
})
afterAll(() => test.close())
beforeEach(() => test.database.raw('truncate first, second'))

const first = (...pieces: string[]): ReadyRows => ({
  table: { table: 'first', columns: ['n', 'text'] },
  pieces: pieces.map((piece) => Buffer.from(piece)),
})
const second = (...pieces: string[]): ReadyRows => ({
  table: { table: 'second', columns: ['n'] },
  pieces: pieces.map((piece) => Buffer.from(piece)),
})

async function count(table: string): Promise<number> {
  const { rows } = await test.database.raw(`select count(*)::int as count from ${table}`)
  return rows[0].count
}

describe('rows of several tables in one message', () => {
  it('are all written, however their pieces are cut', async () => {
    await test.database.transaction(async (trx) => {
      await copyTables(trx, [first('1\ta', '\n2\t', 'ü\n'), second('7\n', '8\n'), first('3\t\\N\n')])
      const { rows } = await trx.raw('select n, text from first order by n')
      expect(rows).toEqual([
        { n: 1, text: 'a' },
        { n: 2, text: 'ü' },
        { n: 3, text: null },
      ])
    })
    expect([await count('first'), await count('second')]).toEqual([3, 2])
  })

  it('are written where they are more than a socket takes at once', async () => {
    const text = 'x'.repeat(1000)
    const pieces = Array.from({ length: 100 }, (_, piece) =>
      Array.from({ length: 200 }, (_, n) => `${piece * 200 + n}\t${text}\n`).join(''),
    )
    await test.database.transaction((trx) => copyTables(trx, [first(...pieces), second('1\n')]))
    expect([await count('first'), await count('second')]).toEqual([20_000, 1])
  })

  it.each([
    ['the first row', [first('1\ta\n', '1\tb\n'), second('7\n')], '23505'],
    ['the last table', [first('1\ta\n'), second('seven\n')], '22P02'],
    [
      'one of many pieces',
      [first(...Array.from({ length: 2000 }, () => `1\t${'x'.repeat(5000)}\n`)), second('7\n')],
      '23505',
    ],
    [
      'a table that is not there',
      [first('1\ta\n'), { ...second('7\n'), table: { table: 'third', columns: ['n'] } }],
      '42P01',
    ],
  ])('are none of them written where %s is refused, and the connection goes on', async (_, tables, code) => {
    const refused = test.database.transaction((trx) => copyTables(trx, tables))
    await expect(refused).rejects.toMatchObject({ code })
    expect([await count('first'), await count('second')]).toEqual([0, 0])
    await test.database.transaction((trx) => copyTables(trx, [second('9\n')]))
    expect(await count('second')).toBe(1)
  })

  it('fail, and are not waited for, where the connection ends', async () => {
    const refused = test.database.transaction(async (trx) => {
      const { rows } = await trx.raw('select pg_backend_pid() as pid')
      await test.database.raw('select pg_terminate_backend(?)', [rows[0].pid])
      await copyTables(trx, [first(...Array.from({ length: 2000 }, (_, n) => `${n}\t${'x'.repeat(5000)}\n`))])
    })
    await expect(refused).rejects.toThrow()
    expect(await count('first')).toBe(0)
  })
})
