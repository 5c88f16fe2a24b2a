import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { migrate, openDatabase, pendingMigrations } from '../../store/database.ts'
import { migrations } from '../../store/migrations/index.ts'

const name = `migrate_${process.pid}`
let admin: Client

beforeAll(async () => {
  admin = new Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
})
afterAll(() => admin.end())
beforeEach(() =>
  admin.query(`drop database if exists ${name}`).then(() => admin.query(`create database ${name}`)),
)

async function withDatabase<Result>(
  poolSize: number,
  work: (database: ReturnType<typeof openDatabase>) => Promise<Result>,
) {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  const database = openDatabase({ url: url.href, poolSize })
  try {
    return await work(database)
  } finally {
    await database.destroy()
  }
}

describe('migrations', () => {
  it('run in their order on one connection, and then there is nothing left to do', async () => {
    await withDatabase(1, async (database) => {
      expect(await pendingMigrations(database)).toEqual(migrations.map((migration) => migration.name))
      expect(await migrate(database)).toEqual(migrations.map((migration) => migration.name))
      expect(await pendingMigrations(database)).toEqual([])
      expect(await migrate(database)).toEqual([])
    })
  })

  it('that are started three times at once run once', async () => {
    const all = await Promise.all([1, 2, 3].map(() => withDatabase(2, migrate)))
    expect(all.flat().sort()).toEqual(migrations.map((migration) => migration.name).sort())
  })
})
