// Longer than 300 lines: one installation of real processes, which every test goes on from.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { makeAuthority } from '../support/certificates.ts'
import { makeRing, writeProduction } from '../support/production.ts'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'
import { holdRunAt } from '../support/standstill.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import '../support/provided.ts'
import {
  type Ended,
  endForGood,
  makeFolder,
  muster,
  musterJson,
  type Place,
  startProcess,
  type Up,
  waitFor,
  waitUntilSaid,
} from './muster-program.ts'

/** Two accounts with the least that they need, and the processes of production behind ways that can be cut. */
const folder = makeFolder()
const name = `production_${process.pid}`
const people = 3000
const started: Up[] = []
let admin: Client
let smtp: SmtpServer
let [toPostgres, toTemporal]: [TcpProxy | undefined, TcpProxy | undefined] = [undefined, undefined]
let place: Place
let owner: Place
let [server, worker]: [Up | undefined, Up | undefined] = [undefined, undefined]

beforeAll(async () => {
  admin = new Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const postgres = new URL(inject('postgresUrl'))
  const [host = '', port] = inject('temporalAddress').split(':')
  toPostgres = await startTcpProxy(
    { host: postgres.hostname, port: Number(postgres.port) },
    { isOpen: false },
  )
  toTemporal = await startTcpProxy({ host, port: Number(port) }, { isOpen: false })
  await registerNamespace(inject('temporalAddress'), name)
  smtp = await startSmtpServer()
  const common = { temporalAddress: toTemporal.address, namespace: name, people, smtpPort: smtp.port }
  const folders = ['run', 'own'].map((one) => join(folder.path, one))
  for (const one of folders) mkdirSync(one)
  const [run = '', own = ''] = folders
  const runUrl = `postgres://${name}:before@${toPostgres.address}/${name}`
  place = {
    data: join(run, 'data'),
    config: writeProduction({ ...common, folder: run, databaseUrl: runUrl }),
  }
  const ownUrl = new URL(inject('postgresUrl'))
  ownUrl.pathname = `/${name}`
  owner = {
    data: join(own, 'data'),
    config: writeProduction({ ...common, folder: own, databaseUrl: ownUrl.href }),
  }
})
afterAll(async () => {
  for (const one of started) await endForGood(one)
  await toPostgres?.close()
  await toTemporal?.close()
  await smtp?.close()
  await admin?.query(`drop database if exists ${name} with (force)`)
  await admin?.query(`drop role if exists ${name}`)
  await admin?.end()
  folder.remove()
})

function begin(...words: readonly string[]): Up {
  const up = startProcess(place, ...words)
  started.push(up)
  return up
}

interface Line {
  readonly msg: string
  readonly level: string
  readonly address?: string
  readonly err?: { readonly message: string | null }
}

const linesOf = (up: Up | undefined): readonly Line[] =>
  (up?.err() ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)

/** Where a process said that it can be asked. */
async function addressOf(up: Up, words: string): Promise<string> {
  await waitUntilSaid(up, words)
  return linesOf(up).find(({ msg }) => msg === words)?.address ?? ''
}

async function readiness(url: string) {
  const answer = await fetch(`${url}/readyz`)
  return {
    status: answer.status,
    checks: ((await answer.json()) as { checks: Record<string, string> }).checks,
  }
}

async function end(
  up: Up | undefined,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<Ended & { readonly ms: number }> {
  if (up === undefined) throw new Error('It was never started.')
  const before = performance.now()
  up.child.kill(signal)
  const ended = await up.ended
  return { ...ended, ms: performance.now() - before }
}

const url = (up: Up | undefined) => linesOf(up).find(({ msg }) => msg === 'Listening.')?.address ?? ''

/** Keeps the source's file from the first look, so that a run is under way for as long as a test needs. */
async function countEffects() {
  const client = new Client({ connectionString: new URL(`/${name}`, inject('postgresUrl')).href })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select (select count(*)::int from enrollments where status = 'active') as enrollments,
         (select count(*)::int from audit_events where identity_id is not null) as events,
         (select count(distinct identity_id)::int from audit_events where identity_id is not null) as people,
         (select count(*)::int from runs where status = 'running') as running`,
    )
    return rows[0]
  } finally {
    await client.end()
  }
}

async function ask(path: string, body: object): Promise<unknown> {
  const { token } = await musterJson(place, ['token', 'create', 'portal', '--scope', 'challenge:portal'])
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url(server)}/v1${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  return answer.json()
}

const askForCode = (userName: string) =>
  ask('/challenges', {
    identity: { userName },
    factor: 'otp-email',
    context: { ip: '203.0.113.7', userAgent: 'test' },
  }) as Promise<{ id: string; status: string; expiresAt: string }>

/** Types the code that this mailbox was sent last, once it has come. */
async function typeCode(challengeId: string, mailbox: string, after = 0): Promise<unknown> {
  const find = () => smtp.mails.slice(after).findLast(({ to }) => to.includes(`${mailbox}@example.org`))
  await waitFor(`a mail to ${mailbox}`, () => find() !== undefined)
  const text =
    find()
      ?.raw.split(/\r?\n\r?\n/)
      .slice(1)
      .join('\n') ?? ''
  return ask(`/challenges/${challengeId}/verify`, { code: /\b\d{6}\b/.exec(text)?.[0] ?? '' })
}

/** Loaded before the program: the machine's clock as the program reads it, ten minutes ahead. */
const fastClock = `const Real = Date
const ahead = 600_000
globalThis.Date = class Date extends Real {
  constructor(...values) {
    if (values.length === 0) super(Real.now() + ahead)
    else super(...values)
  }
  static now() {
    return Real.now() + ahead
  }
}
`

describe('server and worker, started before anything they need', () => {
  test('say what they wait for, in the log and at /readyz, and answer nothing else', async () => {
    server = begin('server')
    worker = begin('worker')
    const asked = await addressOf(server, 'Listening.')
    const health = await addressOf(worker, 'Health is answered here.')
    await waitUntilSaid(server, 'PostgreSQL does not answer yet; it is tried again.')
    await waitUntilSaid(worker, 'PostgreSQL does not answer yet; it is tried again.')
    for (const one of [asked, health]) {
      const { status, checks } = await readiness(one)
      expect(status).toBe(503)
      expect(checks).toMatchObject({ database: 'It does not answer.' })
      expect(checks['temporal']).not.toBe('ok')
      expect((await fetch(`${one}/healthz`)).status).toBe(200)
    }
    const refused = await fetch(`${asked}/v1/identities`)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await refused.json()).toMatchObject({
      type: 'urn:muster:problem:database-unavailable',
      detail: 'Muster is starting: /readyz says what it waits for.',
    })
    const pushed = await fetch(`${asked}/scim/v2/Users`)
    expect(pushed.status).toBe(503)
    expect(await pushed.json()).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'] })
  })

  test('refuse a schema that is not of their build, and say which command helps', async () => {
    await admin.query(`create role ${name} login password 'before'`)
    await toPostgres?.open()
    for (const up of [server, worker]) {
      await waitUntilSaid(up as Up, 'The schema of the database is not of this build; it is tried again.')
      const line = linesOf(up).find(({ msg }) => msg.startsWith('The schema'))
      expect(line?.err?.message).toMatch(/^Not applied: 0001-core, .* Run "muster migrate"\.$/)
    }
    expect((await readiness(url(server))).checks).toMatchObject({ database: 'ok' })
    expect((await fetch(`${url(server)}/v1/identities`)).status).toBe(503)
  })

  test('go on by themselves once the owner has migrated, with the rights of muster_run alone', async () => {
    const both = await Promise.all([
      musterJson(owner, ['migrate', '--roles']),
      musterJson(owner, ['migrate']),
    ])
    expect(both.flatMap(({ applied }) => applied)).toContain('0001-core')
    await admin.query(`grant muster_run to ${name}`)
    await waitUntilSaid(server as Up, 'Ready.')
    await waitUntilSaid(worker as Up, 'Temporal does not answer yet; it is tried again.')
    expect((await readiness(url(server))).checks).toMatchObject({ database: 'ok', migrations: 'ok' })
    expect((await fetch(`${url(server)}/v1/identities`)).status).toBe(401)
    await toTemporal?.open()
    await waitUntilSaid(worker as Up, 'Polling.')
    await waitFor('the server to reach Temporal', async () => (await readiness(url(server))).status === 200)
    expect((await readiness(await addressOf(worker as Up, 'Health is answered here.'))).status).toBe(200)
  })

  test('do the whole work as muster_run: policies, a run, a code by mail, and its check', async () => {
    await musterJson(place, ['policies', 'load'])
    const run = await musterJson(place, ['reconcile', 'hr', '--wait'])
    expect(run).toMatchObject({ status: 'completed', effects: { enrolled: people, failed: 0 } })
    const challenge = await askForCode('person7')
    expect(challenge).toMatchObject({ status: 'pending' })
    expect(await typeCode(challenge.id, 'person7')).toMatchObject({ status: 'passed' })
  })
})

describe('SIGHUP', () => {
  test('takes over a password and a key that were changed, and names what needs a restart', async () => {
    const home = join(folder.path, 'run')
    await admin.query(`alter role ${name} password 'after'`)
    const file = join(home, 'database-url')
    writeFileSync(file, readFileSync(file, 'utf8').replace(':before@', ':after@'))
    writeFileSync(join(home, 'keys.json'), makeRing('second', 'first'))
    const config = place.config ?? ''
    const text = readFileSync(config, 'utf8')
    writeFileSync(config, text.replace('poolSize: 4', 'poolSize: 5'))
    server?.child.kill('SIGHUP')
    await waitUntilSaid(server as Up, 'SIGHUP: secrets were read again.')
    await waitUntilSaid(server as Up, 'need a restart: database.')
    writeFileSync(config, text)
    // Connections that were open are thrown out, so that the next ones need the new password.
    await toPostgres?.cut()
    await toPostgres?.open()
    await waitFor('the database to be reached', async () => (await readiness(url(server))).status === 200)
  })

  test('refuses a configuration with a fault, and the former one goes on', async () => {
    const config = place.config ?? ''
    renameSync(config, `${config}.good`)
    writeFileSync(config, 'mode: production\nserver: { prot: 1 }\n')
    server?.child.kill('SIGHUP')
    await waitUntilSaid(server as Up, 'SIGHUP: refused, the former configuration goes on.')
    await waitUntilSaid(server as Up, 'muster.yaml:2:')
    renameSync(`${config}.good`, config)
    expect((await readiness(url(server))).status).toBe(200)
    worker?.child.kill('SIGHUP')
    await waitUntilSaid(worker as Up, 'SIGHUP: secrets were read again.')
  })
})

test('a certificate of the server that was renewed is shown from SIGHUP on, and one that cannot be used is not', async () => {
  const authority = makeAuthority(folder.path)
  const [first, second] = [authority.issue('127.0.0.1'), authority.issue('127.0.0.1')]
  const home = join(folder.path, 'run')
  const put = (cert: string, key: string) => {
    copyFileSync(cert, join(home, 'server.pem'))
    copyFileSync(key, join(home, 'server.key'))
  }
  put(first.cert, first.key)
  const config = join(home, 'tls.yaml')
  const tls =
    'server: { port: 0, graceTime: 10s, tls: { certificate: ./server.pem, key: { file: ./server.key } } }'
  writeFileSync(config, readFileSync(place.config ?? '', 'utf8').replace(/^server: .*$/m, tls))
  const secure = startProcess({ ...place, config }, 'server')
  started.push(secure)
  const { hostname: host, port } = new URL(await addressOf(secure, 'Listening.'))
  const ca = readFileSync(authority.ca)
  const shown = async (): Promise<string> => {
    const socket = connect({ host, port: Number(port), ca })
    await once(socket, 'secureConnect')
    const { raw } = socket.getPeerCertificate()
    socket.destroy()
    return raw.toString('base64')
  }
  const der = (file: string) => new X509Certificate(readFileSync(file)).raw.toString('base64')
  expect(await shown()).toBe(der(first.cert))
  put(second.cert, second.key)
  secure.child.kill('SIGHUP')
  await waitUntilSaid(secure, 'SIGHUP: secrets were read again.')
  expect(await shown()).toBe(der(second.cert))
  put(first.cert, second.key)
  secure.child.kill('SIGHUP')
  await waitUntilSaid(secure, 'SIGHUP: a part goes on with what it had.')
  expect(await shown()).toBe(der(second.cert))
  expect(await end(secure)).toMatchObject({ exitCode: 0 })
})

/** Seconds for which Temporal is away besides: `MUSTER_TEST_OUTAGE=3600` is the hour that nobody waits for every time. */
const outage = Number(process.env['MUSTER_TEST_OUTAGE'] ?? 0)
const away =
  'Temporal that is away: codes are sent and checked, /readyz says so, and the worker goes on when it is back'

test(away, { timeout: 180_000 + outage * 1000 }, async () => {
  await toTemporal?.cut()
  await waitFor(
    'the server to notice',
    async () => (await readiness(url(server))).checks['temporal'] !== 'ok',
  )
  const end = performance.now() + outage * 1000
  for (let n = 11; n === 11 || performance.now() < end; n += 1) {
    const mails = smtp.mails.length
    const challenge = await askForCode(`person${n}`)
    expect(await typeCode(challenge.id, `person${n}`, mails)).toMatchObject({ status: 'passed' })
    await delay(Math.max(0, Math.min(60_000, end - performance.now())))
  }
  const refused = await muster(place, 'reconcile', 'hr')
  expect(refused.exitCode).toBe(1)
  expect(refused.err).toBe(`error: Temporal does not answer at ${toTemporal?.address}.\n`)
  expect(worker?.child.exitCode).toBe(null)
  await toTemporal?.open()
  const run = await musterJson(place, ['reconcile', 'hr', '--wait'])
  expect(run).toMatchObject({ status: 'completed', records: { unchanged: people } })
  await waitFor('the server to reach Temporal', async () => (await readiness(url(server))).status === 200)
})

describe('SIGTERM', () => {
  test('to one of two workers in the middle of a run: it hands over within its grace, and each effect is there once', async () => {
    const second = begin('worker')
    await waitUntilSaid(second, 'Polling.')
    writeFileSync(
      join(folder.path, 'run', 'hr.csv'),
      `id,login,number,mail\n${Array.from({ length: people }, (_, n) => `${n},person${n},hr-${n},new${n}@example.org`).join('\n')}\n`,
    )
    const standstill = await holdRunAt(
      new URL(`/${name}`, inject('postgresUrl')).href,
      "(new.effects->>'replaced')::int > 1000",
    )
    const run = await musterJson(place, ['reconcile', 'hr'])
    expect(run.status).toBe('running')
    await standstill.reached()
    const joined = await musterJson(place, ['reconcile', 'hr'])
    expect(joined.id).toBe(run.id)
    const ends = [worker, second].map((one) => end(one))
    await standstill.release()
    worker = begin('worker')
    for (const ended of await Promise.all(ends)) {
      expect(ended.exitCode, ended.err.slice(-2000)).toBe(0)
      expect(ended.ms).toBeLessThan(12_000)
    }
    const whole = await musterJson(place, ['reconcile', 'hr', '--wait'])
    expect(whole.status).toBe('completed')
    const first = await musterJson(place, ['runs', 'show', run.id])
    expect(first).toMatchObject({ status: 'completed', read: { complete: true } })
    expect(first.effects).toMatchObject({ replaced: people, failed: 0 })
    expect(await countEffects()).toMatchObject({ enrollments: people, people, running: 0 })
  })

  test('to a server while requests are under way: they are answered, and it ends with 0', async () => {
    const standing = new Client({ connectionString: new URL(`/${name}`, inject('postgresUrl')).href })
    await standing.connect()
    await standing.query('begin')
    await standing.query('lock table identities in access exclusive mode')
    const token = async (scope: string): Promise<string> =>
      (await musterJson(place, ['token', 'create', scope, '--scope', scope])).token
    const [read, push] = [await token('read'), await token('scim:agency')]
    const asked = fetch(`${url(server)}/v1/identities?limit=1`, {
      headers: { authorization: `Bearer ${read}` },
    })
    const pushed = fetch(`${url(server)}/scim/v2/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${push}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'kim' }),
    })
    const challenge = askForCode('person9')
    await waitFor('the requests to wait', async () => {
      // The server's own: a worker's sweep may wait there too.
      const sql = `select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'
        and application_name = 'muster-server'`
      return ((await admin.query(sql, [name])).rowCount ?? 0) >= 3
    })
    const ending = end(server)
    await waitUntilSaid(server as Up, 'Ending:')
    await expect(fetch(`${url(server)}/healthz`)).rejects.toThrow()
    await standing.query('rollback')
    await standing.end()
    expect((await asked).status).toBe(200)
    expect((await pushed).status).toBe(201)
    expect(await challenge).toMatchObject({ status: 'pending' })
    expect(await ending).toMatchObject({ exitCode: 0 })
  })

  test('to the processes of a machine whose clock is ten minutes fast: until then they kept the time of the database', async () => {
    const skew = join(folder.path, 'skew.mjs')
    writeFileSync(skew, fastClock)
    const fast = { ...place, env: { NODE_OPTIONS: `--import=${skew}` } }
    server = startProcess(fast, 'server')
    worker = startProcess(fast, 'worker')
    started.push(server, worker)
    for (const up of [server, worker])
      await waitUntilSaid(up, "This machine's clock differs from the database's")
    await waitUntilSaid(server, 'Ready.')
    await waitUntilSaid(worker, 'Polling.')
    const mails = smtp.mails.length
    const challenge = await askForCode('person8')
    const left = Date.parse(challenge.expiresAt) - Date.now()
    expect(left).toBeGreaterThan(60_000)
    expect(left).toBeLessThanOrEqual(30 * 60_000)
    // By the machine's clock it would have expired before it was sent.
    expect(await typeCode(challenge.id, 'new8', mails)).toMatchObject({ status: 'passed' })
    const run = await musterJson(place, ['reconcile', 'hr', '--wait'])
    expect(Math.abs(Date.parse(run.startedAt) - Date.now())).toBeLessThan(120_000)
    expect(await end(server)).toMatchObject({ exitCode: 0 })
    expect(await end(worker)).toMatchObject({ exitCode: 0 })
  })

  test('twice ends at once', async () => {
    worker = begin('worker')
    await waitUntilSaid(worker, 'Polling.')
    const standstill = await holdRunAt(
      new URL(`/${name}`, inject('postgresUrl')).href,
      "new.status = 'completed'",
    )
    await musterJson(place, ['reconcile', 'hr'])
    await standstill.reached()
    worker?.child.kill('SIGTERM')
    await waitUntilSaid(worker as Up, 'Ending:')
    const { ms } = await end(worker)
    expect(ms).toBeLessThan(1000)
    await standstill.release()
  })

  test('while a process waits for what it needs ends it as it should', async () => {
    await toPostgres?.cut()
    for (const what of ['server', 'worker']) {
      const waiting = begin(what)
      await waitUntilSaid(waiting, 'PostgreSQL does not answer yet')
      expect(await end(waiting)).toMatchObject({ exitCode: 0 })
    }
  })
})

test('a server or a worker without a production configuration says what it needs', async () => {
  for (const what of ['server', 'worker']) {
    const ended = await muster({ data: join(folder.path, 'none') }, what)
    expect(ended.exitCode).toBe(2)
    expect(ended.err).toContain(`"muster ${what}" needs a configuration that says "mode: production"`)
  }
})
