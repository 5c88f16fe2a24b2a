import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerToken } from '../../bin/commands/token.ts'
import { admit } from '../../server/api/authorise.ts'
import { readFigures, readPoolFigures } from '../../store/read/figures.ts'
import { openTestApi, type TestApi } from '../support/api-server.ts'
import { runCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeFolder } from '../support/embedded-stack.ts'

let db: TestDatabase
let api: TestApi
const folder = makeFolder()
const configurationFile = join(folder.path, 'muster.yaml')
beforeAll(async () => {
  await writeFile(
    configurationFile,
    'clients: { portal: { name: Portal } }\nsources:\n  hr: { type: csv, file: hr.csv, externalId: id, attributes: { userName: login } }\n',
  )
  db = await createTestDatabase()
  api = await openTestApi(db.database)
})
afterAll(async () => {
  await api?.close()
  await db?.close()
  folder.remove()
})

const cli = (...words: string[]) =>
  runCli([registerToken], { database: db.database, configurationFile }, 'token', ...words)
const factors = '/v1/identities/01a21420-4e25-7048-85a5-ac5591945404/factors'
const statusWith = async (token: string | null, path = factors) =>
  (await api.ask('GET', path, { token })).statusCode

describe('muster token', () => {
  it('makes a token that lets its client in, shows it once and keeps its hash', async () => {
    const made = await cli(
      'create',
      'portal server',
      '--scope',
      'challenge:portal',
      '--expires',
      '7d',
      '--json',
    )
    expect(made.exitCode).toBe(0)
    const { id, token, scopes, expiresAt } = JSON.parse(made.out)
    expect([scopes, Date.parse(expiresAt) > Date.now()]).toEqual([['challenge:portal'], true])
    expect(token).toMatch(/^muster_[A-Za-z0-9_-]{43}$/)
    expect(await statusWith(token)).toBe(404)
    const [row] = await db.database('tokens').where({ id })
    expect(row.hash.equals(createHash('sha256').update(token).digest())).toBe(true)
    expect(row.last_used_at).not.toBeNull()
    const listed = await cli('list', '--json')
    expect(listed.out).not.toContain(token)
    expect(JSON.parse(listed.out).tokens[0]).toMatchObject({ id, name: 'portal server', revokedAt: null })
    expect((await cli()).out).toMatch(/portal server\s+challenge:portal\s+live/)
  })

  it('ends a token at once', async () => {
    const { id, token } = JSON.parse((await cli('create', 'x', '--scope', 'challenge:portal', '--json')).out)
    expect(await statusWith(token)).toBe(404)
    expect((await cli('revoke', id, '--reason', 'leaked')).exitCode).toBe(0)
    expect(await statusWith(token)).toBe(401)
    expect((await cli('revoke', id)).exitCode).toBe(1)
    const events = await db.database('audit_events').where({ reason: 'leaked' }).select('action', 'detail')
    expect(events).toEqual([{ action: 'token-revoked', detail: { token: id } }])
  })

  it('refuses scopes and clients that do not exist, two clients, and a time that is over', async () => {
    const wrong = [
      ['--scope', 'chalenge:portal'],
      ['--scope', 'challenge:nobody'],
      ['--scope', 'challenge:portal', '--scope', 'challenge:other'],
      ['--scope', 'read', '--expires', '2020-01-01'],
      [],
    ]
    for (const words of wrong) expect((await cli('create', 'x', ...words)).exitCode).toBe(2)
  })
})

describe('the door', () => {
  it('is shut for whoever has no token, a wrong one, or one in the wrong place, all alike', async () => {
    const answers = await Promise.all([
      api.ask('GET', factors, { token: null }),
      api.ask('GET', factors, { token: 'muster_wrong' }),
      api.ask('GET', factors, { token: 'x'.repeat(4000) }),
      api.ask('GET', factors, { token: null, headers: { authorization: 'Basic YTpi' } }),
      api.ask('GET', `${factors}?access_token=${await api.token('challenge:portal')}`, { token: null }),
    ])
    for (const { statusCode, headers } of answers)
      expect([statusCode, headers['www-authenticate']]).toEqual([401, 'Bearer realm="muster"'])
    const bodies = answers.map((answer) => ({ ...answer.json(), requestId: null }))
    for (const body of bodies) expect(body).toEqual(bodies[0])
  })

  it('lets each scope do its own, and knows a client that left the configuration', async () => {
    for (const scope of ['read', 'operate', 'admin', 'metrics', 'scim:hr'] as const) {
      const answer = await api.ask('GET', factors, { token: await api.token(scope) })
      expect([scope, answer.statusCode, answer.json().type]).toEqual([
        scope,
        403,
        'urn:muster:problem:forbidden',
      ])
    }
    const left = await api.ask('GET', factors, { token: await api.token('challenge:former') })
    expect([left.statusCode, left.json().type]).toEqual([403, 'urn:muster:problem:client-unknown'])
  })

  it('is shut for a token whose time is over by the clock of the database', async () => {
    const token = await api.token('challenge:portal')
    expect(await statusWith(token)).toBe(404)
    await db
      .database('tokens')
      .update({ expires_at: new Date(Date.now() - 1000) })
      .where('name', 'test')
    expect(await statusWith(token)).toBe(401)
  })

  it('is before the figures too where they are not for everybody', async () => {
    const { app, close } = await openTestApi(
      db.database,
      {},
      {
        metrics: {
          readFigures: () => readFigures(db.database),
          readPool: () => readPoolFigures(db.database),
          admit: (request) => admit(api.world, request, { kind: 'scope', scope: 'metrics' }),
        },
      },
    )
    const ask = async (token: string) =>
      (await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${token}` } })).statusCode
    expect(await ask('none')).toBe(401)
    expect(await ask(await api.token('read'))).toBe(403)
    expect(await ask(await api.token('metrics'))).toBe(200)
    expect(await ask(await api.token('admin'))).toBe(200)
    await close()
  })

  it('does not look at what a stranger sends', async () => {
    const answer = await api.ask('POST', '/v1/challenges', {
      token: null,
      headers: { 'content-type': 'application/json' },
      body: '{',
    })
    expect(answer.statusCode).toBe(401)
  })
})
