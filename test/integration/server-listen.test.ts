import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLog } from '../../bin/log.ts'
import { buildServer } from '../../server/app.ts'
import { openDatabase, pendingMigrations } from '../../store/database.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertPeople } from '../support/population.ts'

let db: TestDatabase
let server: FastifyInstance
let url = ''
beforeAll(async () => {
  db = await createTestDatabase()
  server = serve(db.database)
  url = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server.close()
  await db.close()
})

function serve(database: TestDatabase['database']): FastifyInstance {
  return buildServer({
    logger: openLog({ level: 'silent', component: 'test' }),
    metrics: { readFigures: () => readFigures(database), readPool: () => readPoolFigures(database) },
    checks: [
      { name: 'database', check: () => database.raw('select 1').then(() => null) },
      { name: 'migrations', check: async () => (await pendingMigrations(database))[0] ?? null },
    ],
  })
}

/** Sends bytes and gives all that comes back until the server hangs up. */
async function speak(bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.write(bytes)
  await once(socket, 'close')
  return answer
}

describe('a server that listens', () => {
  test('is alive and ready on a real database', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    const ready = await fetch(`${url}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', checks: { database: 'ok', migrations: 'ok' } },
    ])
  })

  test('tells the figures of the store', async () => {
    const [id] = await insertPeople(db.database, [{}])
    await db
      .database('identity_states')
      .where({ identity_id: id })
      .update({ due_at: new Date(Date.now() - 60_000) })
    await db.database('sources').insert([
      { name: 'corp', type: 'ldap', last_proved_at: new Date(Date.now() - 3_600_000) },
      { name: 'hr', type: 'csv' },
      { name: 'gone', type: 'csv', configured: false },
    ])
    const body = await (await fetch(`${url}/metrics`)).text()
    expect(body).toMatch(/^muster_identities_due 1$/m)
    expect(Number(/^muster_identities_due_oldest_seconds (.+)$/m.exec(body)?.[1])).toBeGreaterThanOrEqual(60)
    expect(
      Number(/^muster_source_proved_age_seconds\{source="corp"\} (.+)$/m.exec(body)?.[1]),
    ).toBeGreaterThanOrEqual(3600)
    expect(body).toMatch(/^muster_source_proved_age_seconds\{source="hr"\} \+Inf$/m)
    expect(body).not.toContain('"gone"')
  })

  test('answers what is no HTTP, and headers without end, with a problem, and hangs up', async () => {
    expect(await speak('EHLO there\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*urn:muster:problem:invalid-request/,
    )
    const endless = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`
    expect(await speak(endless)).toMatch(/^HTTP\/1\.1 431 [\s\S]*urn:muster:problem:too-large/)
  })

  test('is not ready, yet alive, when the database is not there', async () => {
    const nobody = openDatabase({ url: 'postgres://nobody:x@127.0.0.1:9/none', poolSize: 1 })
    const lonely = serve(nobody)
    const ready = await lonely.inject('/readyz')
    expect(ready.statusCode).toBe(503)
    expect(ready.json()).toMatchObject({ checks: { database: 'It does not answer.' } })
    expect((await lonely.inject('/healthz')).statusCode).toBe(200)
    expect((await lonely.inject('/metrics')).body).toMatch(/^muster_store_up 0$/m)
    await lonely.close()
    await nobody.destroy()
  })
})
