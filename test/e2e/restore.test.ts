import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { connectTemporal } from '../../bin/compose/temporal.ts'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { type DebianPostgres, startDebianPostgres } from '../support/debian-postgres.ts'
import { writeProduction } from '../support/production.ts'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'
import { holdRunAt } from '../support/standstill.ts'
import '../support/provided.ts'
import {
  endForGood,
  makeFolder,
  musterJson,
  type Place,
  startProcess,
  type Up,
  waitFor,
  waitUntilSaid,
} from './muster-program.ts'

/** The drill of docs/operations.md: a live installation is dumped, dies, and goes on elsewhere with an empty Temporal. */
const folder = makeFolder()
const name = `restore_${process.pid}`
const people = 300
const started: Up[] = []
const clients: Client[] = []
let postgres: DebianPostgres
let smtp: SmtpServer

interface Installation {
  readonly home: string
  readonly owner: Place
  readonly run: Place
  readonly namespace: string
}
let live: Installation
let restored: Installation
/** What the live one had when it was dumped. */
let pin: string
let runId: string
const challenges: Record<'sent' | 'sending' | 'queued', string> = { sent: '', sending: '', queued: '' }
let codeSent: string

beforeAll(async () => {
  ;[postgres, smtp] = await Promise.all([startDebianPostgres(), startSmtpServer()])
  const admin = await connect('postgres')
  await admin.query('create database live')
  await admin.query('create role run login')
  live = await install('live')
  restored = await install('restored')
}, 120_000)
afterAll(async () => {
  for (const one of started) await endForGood(one)
  for (const client of clients) await client.end().catch(() => undefined)
  await smtp?.close()
  await postgres?.stop()
  folder.remove()
})

/** Configurations of a database of this name, for its owner and for the account that runs Muster. */
async function install(database: string): Promise<Installation> {
  const namespace = `${name}_${database}`
  await registerNamespace(inject('temporalAddress'), namespace)
  const place = (account: string): Place & { readonly home: string } => {
    const home = join(folder.path, `${database}-${account}`)
    mkdirSync(home)
    const url = new URL(postgres.url(database))
    url.username = account
    const config = writeProduction({
      ...{ folder: home, databaseUrl: url.href, temporalAddress: inject('temporalAddress') },
      ...{ namespace, people, smtpPort: smtp.port },
    })
    return { home, data: join(home, 'data'), config }
  }
  const run = place('run')
  return { home: run.home, owner: place('owner'), run, namespace }
}

async function connect(database: string): Promise<Client> {
  const client = new Client({ connectionString: postgres.url(database) })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

async function startBoth({ run }: Installation) {
  const [server, worker] = ['server', 'worker'].map((what) => startProcess(run, what)) as [Up, Up]
  started.push(server, worker)
  await Promise.all([waitUntilSaid(server, 'Ready.'), waitUntilSaid(worker, 'Polling.')])
  const line = server
    .err()
    .split('\n')
    .find((one) => one.includes('"Listening."'))
  return { server, worker, url: (JSON.parse(line ?? '{}') as { address?: string }).address ?? '' }
}

async function openClient({ run }: Installation, url: string) {
  const { token } = await musterJson(run, ['token', 'create', 'portal', '--scope', 'challenge:portal'])
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return async (path: string, body: object) => {
    const answer = await fetch(`${url}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await answer.json()) as { readonly id: string; readonly status: string }
  }
}

const challengeOf = (userName: string) => ({
  identity: { userName },
  factor: 'otp-email',
  context: { ip: '203.0.113.7', userAgent: 'test' },
})

/** Codes that were mailed to a person. */
const codesTo = (userName: string): readonly string[] =>
  smtp.mails
    .filter(({ to }) => to.includes(`${userName}@example.org`))
    .flatMap(
      ({ raw }) =>
        /\b\d{6}\b/.exec(
          raw
            .split(/\r?\n\r?\n/)
            .slice(1)
            .join('\n'),
        ) ?? [],
    )

function writePeople({ home }: Installation, mailOf: (n: number) => string): void {
  const rows = Array.from({ length: people }, (_, n) => `${n},person${n},hr-${n},${mailOf(n)}`)
  writeFileSync(join(home, 'hr.csv'), `id,login,number,mail\n${rows.join('\n')}\n`)
}

/** Everybody but the first ten has a new mailbox. */
const newMail = (n: number) => `${n < 10 ? 'person' : 'new'}${n}@example.org`

describe('an installation', () => {
  test('is dumped while a run, a sending and a queued code are under way, and then dies', async () => {
    await musterJson(live.owner, ['migrate', '--roles'])
    await (await connect('postgres')).query('grant muster_run to run')
    const { server, worker, url } = await startBoth(live)
    await musterJson(live.run, ['policies', 'load'])
    expect(await musterJson(live.run, ['reconcile', 'hr', '--wait'])).toMatchObject({ status: 'completed' })
    const { head } = await musterJson(live.run, ['audit', 'seal'])
    pin = `${head.number}:${head.hash}`
    const ask = await openClient(live, url)
    challenges.sent = (await ask('/challenges', challengeOf('person1'))).id
    await waitFor('the first mail', () => codesTo('person1').length === 1)
    codeSent = codesTo('person1')[0] ?? ''

    writePeople(live, newMail)
    const standstill = await holdRunAt(postgres.url('live'), "(new.effects->>'replaced')::int > 0")
    runId = (await musterJson(live.run, ['reconcile', 'hr'])).id
    await standstill.reached()

    const watcher = await connect('live')
    const countAttempts = async () =>
      (await watcher.query('select from delivery_attempts where ended_at is null')).rowCount
    smtp.refuseNext('data', 'hang')
    challenges.sending = (await ask('/challenges', challengeOf('person2'))).id
    await waitFor('the sending to begin', async () => (await countAttempts()) === 1)
    await watcher.query('begin')
    await watcher.query('lock table delivery_attempts in exclusive mode')
    challenges.queued = (await ask('/challenges', challengeOf('person3'))).id

    postgres.run('pg_dump', '--format=custom', `--file=${folder.path}/live.dump`, postgres.url('live'))
    for (const up of [server, worker]) await endForGood(up)
    await watcher.query('rollback')
    await standstill.release()
    expect(codesTo('person3')).toEqual([])
  })

  test('goes on in an empty database with an empty Temporal: the run is closed, what was due is done', async () => {
    await (await connect('postgres')).query('create database restored')
    const into = `--dbname=${postgres.url('restored')}`
    postgres.run('pg_restore', '--exit-on-error', into, `${folder.path}/live.dump`)
    const database = await connect('restored')
    // A run is not taken for lost in its first minute, and a backup is older than that.
    await database.query(
      "update runs set started_at = started_at - interval '1 hour' where status = 'running'",
    )
    expect(await musterJson(restored.owner, ['migrate'])).toEqual({ applied: [] })
    // What a backup needs beside the dump: without the ring no code of the live one counts.
    for (const file of ['keys.json', 'hr.csv']) copyFileSync(join(live.home, file), join(restored.home, file))
    const { server, worker } = await startBoth(restored)
    const warned = [server, worker].filter((up) => up.err().includes('The database stands elsewhere'))
    expect(warned).toHaveLength(1)

    const target = {
      address: inject('temporalAddress'),
      namespace: restored.namespace,
      tls: null,
      apiKey: null,
    }
    const temporal = await connectTemporal(target)
    await temporal.client.schedule.getHandle('muster:sweep').trigger()
    await temporal.close()
    await waitFor('the run to be closed', async () => {
      const run = await musterJson(restored.run, ['runs', 'show', runId])
      return run.status === 'failed'
    })
    await waitFor('everybody who is due to be decided', async () => {
      const { due, enrollments } = await musterJson(restored.run, ['status'])
      return due.total === 0 && enrollments.active === people
    })
    const { rows } = await database.query(
      "select count(*)::int as moved from enrollments where status = 'active' and address like 'new%'",
    )
    expect(rows[0]).toEqual({ moved: people - 10 })
    const { fault } = await musterJson(restored.run, ['runs', 'show', runId])
    expect(fault).toMatchObject({ code: 'workflow-gone' })
    expect(await musterJson(restored.run, ['reconcile', 'hr', '--wait'])).toMatchObject({
      status: 'completed',
    })
  })

  test('sends a code that nobody had begun to send, once, and none that was sent or was being sent', async () => {
    await waitFor('the queued code', () => codesTo('person3').length > 0)
    const { deliveries } = await musterJson(restored.run, ['deliveries', '--who', 'person2'])
    expect(deliveries).toMatchObject([{ status: 'abandoned', error: 'restored' }])
    const database = await connect('restored')
    const looks = async () =>
      (await database.query("select from deliveries where kind = 'code' and status = 'queued'")).rowCount
    await waitFor('nothing more to send', async () => (await looks()) === 0)
    expect(['person1', 'person2', 'person3'].map((one) => codesTo(one).length)).toEqual([1, 0, 1])
  })

  test('takes codes of challenges that were going on, and sends one again that is asked for', async () => {
    const server = started.at(-2) as Up
    const url = (/"address":"(http:[^"]+)"/.exec(server.err()) ?? [])[1] ?? ''
    const ask = await openClient(restored, url)
    const [queued = ''] = codesTo('person3')
    expect(await ask(`/challenges/${challenges.sent}/verify`, { code: codeSent })).toMatchObject({
      status: 'passed',
    })
    expect(await ask(`/challenges/${challenges.queued}/verify`, { code: queued })).toMatchObject({
      status: 'passed',
    })
    const again = await ask('/challenges', challengeOf('person2'))
    expect(again).toMatchObject({ status: 'pending' })
    await waitFor('the new mail', () => codesTo('person2').length === 1)
  })

  test('has the audit trail that it had, as it was sealed, and goes on sealing', async () => {
    const verdict = await musterJson(restored.run, ['audit', 'verify', '--seal', pin])
    expect(verdict).toMatchObject({ ok: true, faults: [], removed: 0 })
    const { whole } = await musterJson(restored.run, ['audit', 'seal'])
    expect(whole).toBe(true)
    expect(await musterJson(restored.run, ['audit', 'verify', '--seal', pin])).toMatchObject({
      ok: true,
      unsealed: 0,
    })
    const { audit } = await musterJson(restored.run, ['status'])
    expect(audit).toMatchObject({ unsealed: 0, unsealedSince: null })
  })
})
