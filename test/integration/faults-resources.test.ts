import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerRights } from '../../bin/commands/rights.ts'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { type Postgres, startPostgres } from '../../embedded/postgres.ts'
import { findPostgresUser } from '../../embedded/postgres-user.ts'
import { type Database, migrate, openDatabase } from '../../store/database.ts'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import type { TestPerson } from '../support/challenge-world.ts'
import { runCli } from '../support/cli.ts'
import { makeFolder } from '../support/embedded-stack.ts'

/** A PostgreSQL of this file's own with few connections, and a small disk for one table. */
const folder = makeFolder()
const disk = join(folder.path, 'disk')
let data: DataDirectory
let postgres: Postgres
let database: Database
let api: TestApi
let token: string
let person: TestPerson

beforeAll(async () => {
  data = openDataDirectory(join(folder.path, 'data'))
  const settings = { fsync: 'off', max_connections: '12', superuser_reserved_connections: '1' }
  postgres = await startPostgres({ dataDir: data.path, settings, onProgress: () => undefined })
  database = openDatabase({ url: postgres.url, poolSize: 3 })
  await migrate(database)
  api = await openTestApi(database)
  token = await api.token('admin', 'read')
  person = await api.person([{}])
})
afterAll(async () => {
  await api?.close()
  await database?.destroy()
  await postgres?.stop()
  data?.close()
  folder.remove()
})

const right = () => `/v1/identities/${person.id}/rights/otp-sms`

async function setRight(on: TestApi = api) {
  const headers = { authorization: `Bearer ${token}` }
  const payload = { effect: 'deny', reason: 'a test' }
  const answer = await on.app.inject({ method: 'PUT', url: right(), headers, payload })
  return { status: answer.statusCode, retry: answer.headers['retry-after'], body: answer.json() }
}

async function readIdentity() {
  const headers = { authorization: `Bearer ${token}` }
  return (await api.app.inject({ method: 'GET', url: `/v1/identities/${person.id}`, headers })).statusCode
}

const away = {
  status: 503,
  retry: '5',
  body: {
    type: 'urn:muster:problem:database-unavailable',
    detail: 'The database cannot be reached or is short of resources. Nothing was changed; try again.',
  },
}

const typeRight = (on: Database) =>
  runCli(
    [registerRights],
    { database: on },
    'rights',
    'deny',
    person.userName,
    'otp-sms',
    '--reason',
    'a test',
  )

async function countEvents(): Promise<number> {
  const { rows } = await database.raw<{ rows: [{ count: number }] }>('select count(*)::int from audit_events')
  return rows[0].count
}

describe('PostgreSQL that is short of something', () => {
  it('out of connections: requests are refused with 503, a command says why, and both work when there are some', async () => {
    const others: Client[] = []
    const other = openDatabase({ url: postgres.url, poolSize: 1, applicationName: 'starved' })
    const starved = await openTestApi(other)
    try {
      const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'starved'`
      await database.raw(cut)
      for (;;) {
        const client = new Client({ connectionString: postgres.url })
        client.on('error', () => undefined)
        const isIn = await client.connect().then(
          () => true,
          () => false,
        )
        if (!isIn) break
        others.push(client)
      }
      expect(await setRight(starved)).toMatchObject(away)
      const typed = await typeRight(other)
      expect(typed.exitCode).toBe(1)
      expect(typed.err).toBe('error: PostgreSQL refuses: sorry, too many clients already\n')
    } finally {
      await Promise.all(others.map((client) => client.end()))
    }
    expect(await setRight(starved)).toMatchObject({ status: 200 })
    await starved.close()
    await other.destroy()
  })

  it('read-only, as a standby is: what only reads is answered, what writes is refused, and nothing is half done', async () => {
    const before = await countEvents()
    await database.raw('alter system set default_transaction_read_only = on')
    await database.raw('select pg_reload_conf()')
    await expect.poll(() => setRight()).toMatchObject(away)
    expect(await readIdentity()).toBe(200)
    const typed = await typeRight(database)
    expect(typed.err).toMatch(
      /^error: PostgreSQL refuses: cannot execute [A-Z ]+ in a read-only transaction\n$/,
    )
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    await client.query('set session characteristics as transaction read write')
    await client.query('alter system reset default_transaction_read_only')
    await client.query('select pg_reload_conf()')
    await client.end()
    await expect.poll(async () => (await setRight()).status).toBe(200)
    expect(await countEvents()).toBe(before + 1)
  })

  it('out of disk: what needs room is refused whole, reading goes on, and writing when there is room again', async () => {
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk])
    try {
      const user = findPostgresUser()
      if (user !== null) chownSync(disk, user.uid, user.gid)
      await database.raw(`create tablespace small location '${disk}'`)
      await database.raw('alter table audit_events set tablespace small')
      await database.raw('create table filler (text text) tablespace small')
      const fill = () =>
        database.raw(`insert into filler select repeat('x', 1000) from generate_series(1, 100)`)
      await expect(
        (async () => {
          for (;;) await fill()
        })(),
      ).rejects.toMatchObject({ code: '53100' })
      const before = await countEvents()
      // The table has a page with some room yet: that is used up first.
      let answer = await setRight()
      let written = 0
      for (; answer.status === 200 && written < 2000; written += 1) answer = await setRight()
      expect(answer).toMatchObject(away)
      expect(await countEvents()).toBe(before + written)
      expect(await readIdentity()).toBe(200)
      const typed = await typeRight(database)
      expect(typed.err).toMatch(
        /^error: PostgreSQL refuses: could not extend file .*No space left on device\n$/,
      )
      await database.raw('drop table filler')
      await database.raw('checkpoint')
      await expect.poll(() => setRight()).toMatchObject({ status: 200 })
      expect(await countEvents()).toBe(before + written + 1)
    } finally {
      await postgres.stop()
      execFileSync('umount', [disk])
    }
  })
})
