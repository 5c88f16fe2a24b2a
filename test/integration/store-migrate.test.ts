import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { migrate, openDatabase, pendingMigrations } from '../../store/database.ts'
import { migrations } from '../../store/migrations/index.ts'
import { listSources } from '../../store/read/sources.ts'

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

  it('that fail at a step leave nothing of the steps before it, and say which one it was', async () => {
    await withDatabase(2, async (database) => {
      await database.raw('create table scim_users as select 1 as id')
      await expect(migrate(database)).rejects.toThrow(
        'The step 0003-scim failed, and nothing was changed: relation "scim_users" already exists',
      )
      const tables = await database('pg_tables').where({ schemaname: 'public' }).pluck('tablename')
      expect(tables).toEqual(['scim_users'])
      await database.raw('drop table scim_users')
      expect(await migrate(database)).toHaveLength(migrations.length)
    })
  })

  it('that fail leave the former version working', async () => {
    await withDatabase(2, async (database) => {
      await migrate(database)
      await database('sources').insert({ name: 'hr', type: 'csv' })
      // Somebody has by hand what a step makes.
      const made = '0009-changes-mark'
      await database('migrations').where({ name: made }).delete()
      await expect(migrate(database)).rejects.toThrow(`The step ${made} failed, and nothing was changed`)
      expect(await pendingMigrations(database)).toEqual([made])
      expect(await listSources(database)).toMatchObject([{ name: 'hr' }])
    })
  })
})
