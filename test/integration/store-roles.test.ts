import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { migrate } from '../../store/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const accounts = { run: `run_${process.pid}`, read: `read_${process.pid}` }
let test: TestDatabase
let run: Client
let read: Client

async function connectAs(account: string): Promise<Client> {
  const url = new URL(test.url)
  url.username = account
  url.password = 'secret'
  const client = new Client({ connectionString: url.href })
  await client.connect()
  return client
}

beforeAll(async () => {
  test = await createTestDatabase()
  await migrate(test.database, { roles: true })
  for (const [role, account] of Object.entries(accounts)) {
    await test.database.raw(`create role ?? login password 'secret'`, [account])
    await test.database.raw('grant ?? to ??', [`muster_${role}`, account])
  }
  run = await connectAs(accounts.run)
  read = await connectAs(accounts.read)
})
afterAll(async () => {
  await run?.end()
  await read?.end()
  await test?.close()
  const admin = new Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  for (const account of Object.values(accounts)) await admin.query(`drop role if exists ${account}`)
  await admin.end()
})

const refused = (client: Client, sql: string) =>
  expect(client.query(sql), sql).rejects.toMatchObject({ code: '42501' })

async function addEvent(client: Client): Promise<void> {
  const sql = `insert into audit_events (id, at, action, actor_kind, actor_id) values ($1, now(), 'test', 'system', 'test')`
  await client.query(sql, [randomUUID()])
}

describe('muster_run', () => {
  it('adds audit events and reads them, and cannot change, remove or empty them', async () => {
    await addEvent(run)
    expect((await run.query('select from audit_events')).rowCount).toBe(1)
    await refused(run, `update audit_events set action = 'other'`)
    await refused(run, 'delete from audit_events')
    await refused(run, 'truncate audit_events')
    expect((await run.query('select from audit_events')).rowCount).toBe(1)
  })

  it('cannot change the schema, nor what migrations wrote down', async () => {
    await refused(run, 'create table anything (id int)')
    await refused(run, 'alter table identities add column anything int')
    await refused(run, 'drop table identities')
    await refused(run, 'truncate identities')
    await refused(run, 'delete from migrations')
    await refused(run, `alter table audit_events disable trigger all`)
  })

  it('stages rows in temporary tables', async () => {
    await run.query('create temporary table staged (id int) on commit drop')
  })

  it('keeps its rights on tables that a later step makes, once it was migrated', async () => {
    await test.database.raw('create table later (id int)')
    await refused(run, 'insert into later values (1)')
    await migrate(test.database)
    await run.query('insert into later values (1)')
    await refused(read, 'insert into later values (2)')
    expect((await read.query('select from later')).rowCount).toBe(1)
  })
})

describe('muster_read', () => {
  it('reads every table and writes none', async () => {
    const { rows } = await read.query(`select tablename as name from pg_tables where schemaname = 'public'`)
    for (const { name } of rows) await read.query(`select from ${name} limit 1`)
    await refused(read, 'delete from identities')
    await refused(read, 'update identities set user_name = null')
    await expect(addEvent(read)).rejects.toMatchObject({ code: '42501' })
  })
})
