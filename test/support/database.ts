import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { inject } from 'vitest'
import { type Database, migrate, openDatabase } from '../../store/database.ts'
import { migrations } from '../../store/migrations/index.ts'
import './provided.ts'

/** A database of one test file. */
export interface TestDatabase {
  readonly url: string
  /** A pool on it, closed by `close`. */
  readonly database: Database
  /** Closes the pool, fails when the test left another connection open, and drops the database. */
  close(): Promise<void>
}

const TEMPLATE_LOCK = 7238216002
const LEAK_GRACE_MS = 3000
const LOOK_EVERY_MS = 20

/** Makes a fresh database with the newest schema, by copying one that is migrated once a run (about 50 ms). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await asSuperuser(async (admin) => {
    const template = await prepareTemplate(admin)
    await admin.query(`create database ${name} template ${template}`)
  })
  const url = locate(name)
  const database = openDatabase({ url, poolSize: 5, applicationName: 'muster-test' })
  const close = async () => {
    await database.destroy()
    await asSuperuser(async (admin) => {
      const leaks = await findLeaks(admin, name)
      await admin.query(`drop database ${name} with (force)`)
      if (leaks.length > 0) throw new Error(`Connections left open by the test: ${leaks.join(', ')}`)
    })
  }
  return { url, database, close }
}

/** Named by what it is made of, so that an edited migration makes another one. */
async function prepareTemplate(admin: Client): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(migrations)).digest('hex').slice(0, 16)
  const name = `template_${digest}`
  await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) await makeTemplate(admin, name)
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
  return name
}

async function makeTemplate(admin: Client, name: string): Promise<void> {
  const draft = `${name}_draft`
  await admin.query(`drop database if exists ${draft} with (force)`)
  await admin.query(`create database ${draft}`)
  const database = openDatabase({ url: locate(draft), poolSize: 2 })
  try {
    await migrate(database)
  } finally {
    await database.destroy()
  }
  await findLeaks(admin, draft)
  await admin.query(`alter database ${draft} rename to ${name}`)
}

/** A closed connection is seen by the server a moment later; what is there after that moment is a leak. */
async function findLeaks(admin: Client, name: string): Promise<readonly string[]> {
  const deadline = performance.now() + LEAK_GRACE_MS
  for (;;) {
    const { rows } = await admin.query<{ what: string }>(
      `select format('%s (%s)', application_name, state) as what from pg_stat_activity
        where datname = $1 and backend_type = 'client backend'`,
      [name],
    )
    if (rows.length === 0 || performance.now() > deadline) return rows.map((row) => row.what)
    await delay(LOOK_EVERY_MS)
  }
}

async function asSuperuser(work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = new Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}

function locate(name: string): string {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return url.href
}
