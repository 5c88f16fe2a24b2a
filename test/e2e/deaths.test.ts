// Longer than 300 lines: one installation of real processes, which every test goes on from.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { registerNamespace } from '../../embedded/temporal-namespace.ts'
import { type AgencyBook, createGroup, runAgency, runCareless } from '../support/deaths/agency.ts'
import { Caller, ExchangeLog } from '../support/deaths/caller.ts'
import {
  type AskedRuns,
  codeIn,
  Operator,
  type PassedByPortal,
  runPortal,
  runReader,
} from '../support/deaths/clients.ts'
import { type Ends, readEnds } from '../support/deaths/ends.ts'
import { cutOff, hold, prepareHolding, releaseAll, waitUntilHeld } from '../support/deaths/held-writes.ts'
import {
  configure,
  endAll,
  type Installation,
  type Life,
  makePart,
  type Part,
  writeShared,
} from '../support/deaths/installation.ts'
import { foresee } from '../support/deaths/oracle.ts'
import { days, describeHr, mailOf, sharedPeople, stablePeople } from '../support/deaths/population.ts'
import { startUndertaker, type Undertaker } from '../support/deaths/undertaker.ts'
import { type LocalServer, startLocalServer } from '../support/http-requests.ts'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts'
import { holdRunAt } from '../support/standstill.ts'
import '../support/provided.ts'
import { makeFolder, musterJson, type Place, waitFor } from './muster-program.ts'

/**
 * Two servers and two workers on one PostgreSQL and one Temporal, killed in turn under clients that never rest. What the
 * clients were answered and what the sources say is all that the oracle knows.
 */
const folder = makeFolder()
const name = `deaths_${process.pid}`
const log = new ExchangeLog()
const lies: string[] = []
const agency: AgencyBook = { people: [], sentOnce: [], next: 0, nextShared: sharedPeople.from }
const passed: PassedByPortal[] = []
const asked: AskedRuns = { begun: new Set(), joined: new Set() }
const work: Promise<void>[] = []
let [isLoaded, isOver] = [false, false]
let admin: Client
let holder: Client
let database: Pool
let smtp: SmtpServer
let sms: LocalServer
let undertaker: Undertaker
let installation: Installation
let owner: Place
let servers: readonly Part[] = []
let workers: readonly Part[] = []
let operators: readonly Operator[] = []

beforeAll(async () => {
  admin = new Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const databaseUrl = new URL(`/${name}`, inject('postgresUrl')).href
  await registerNamespace(inject('temporalAddress'), name)
  smtp = await startSmtpServer()
  sms = await startLocalServer(() => ({ status: 200, body: '{}' }))
  installation = {
    folder: folder.path,
    admin,
    databaseUrl,
    temporalAddress: inject('temporalAddress'),
    namespace: name,
    smtpPort: smtp.port,
    smsUrl: sms.url,
  }
  writeShared(folder.path)
  owner = configure(installation, { name: 'owner', url: databaseUrl })
  await musterJson(owner, ['migrate', '--roles'])
  database = new Pool({ connectionString: databaseUrl, max: 10 })
  // Its end does not wait for its connections, which the database's own end then cuts.
  database.on('error', () => undefined)
  holder = new Client({ connectionString: databaseUrl })
  await holder.connect()
  await prepareHolding(holder)
  const make = (kind: Part['kind']) => [0, 1].map((n) => makePart(installation, kind, `${name}_${kind}_${n}`))
  servers = await Promise.all(make('server'))
  workers = await Promise.all(make('worker'))
  undertaker = await startUndertaker(installation.temporalAddress, name)
  await Promise.all([...servers, ...workers].map((part) => part.start()))
  await musterJson(owner, ['policies', 'load'])
  await startClients()
})
afterAll(async () => {
  isOver = true
  await Promise.allSettled(work)
  await endAll()
  await undertaker?.close()
  await smtp?.close()
  await sms?.close()
  await database?.end()
  await holder?.end()
  await admin?.query(`drop database if exists ${name} with (force)`)
  for (const { role } of [...servers, ...workers]) await admin?.query(`drop role if exists ${role}`)
  await admin?.end()
  folder.remove()
})

/** What each server is in the middle of when it dies. */
const kinds = ['push', 'careless push', 'sign-in'] as const

/** Two of each client, one at each server. */
async function startClients(): Promise<void> {
  const words = ['token', 'create', 'test', '--scope', 'admin,operate,challenge:portal']
  const { token } = await musterJson(owner, words)
  const callers = [0, 1].map((preferred) => new Caller(servers, preferred, log))
  const body = { name: 'agency', scopes: ['scim:agency'] }
  const made = await callers[0]?.call({ what: 'token', method: 'POST', path: '/v1/tokens', token, body })
  const scim = made?.body.token as string
  const groupId = await createGroup(callers[0] as Caller, scim)
  const over = () => isOver
  let nextPerson = stablePeople.from
  const next = () => (nextPerson < stablePeople.to ? nextPerson++ : null)
  operators = callers.map((caller) => new Operator(caller, token, asked))
  const loaded = waitFor('the first load', () => isLoaded || isOver)
  for (const caller of callers) {
    const pushing = { caller, token: scim, database, book: agency, lies, groupId }
    const world = { ...pushing, isLoaded: () => isLoaded, isOver: over }
    for (let each = 0; each < 2; each += 1) {
      work.push(runAgency(world))
      work.push(loaded.then(() => runPortal({ caller, token, smtp, next, passed, isOver: over })))
    }
    work.push(runCareless(world))
    work.push(loaded.then(() => runReader({ caller, token, lies, isOver: over })))
  }
  for (const operator of operators) work.push(loaded.then(() => operator.run(over)))
  // A client that fails ends the test that is under way, not the process.
  for (const one of work) one.catch(() => undefined)
}

/** Puts the file of a day in place between two reads, and begins to read it; answers the run. */
async function beginDay(day: number): Promise<string> {
  for (const operator of operators) await operator.pause()
  await waitFor('runs to end', async () => {
    return (await database.query(`select from runs where status = 'running'`)).rowCount === 0
  })
  writeFileSync(join(folder.path, 'hr.new'), describeHr(day))
  renameSync(join(folder.path, 'hr.new'), join(folder.path, 'hr.csv'))
  const [operator] = operators as [Operator]
  for (;;) {
    const { id, isNew } = await operator.begin()
    if (isNew) return id
    // Begun by a request whose server died; it may have read the former file.
    await operator.follow(id)
  }
}

/** Begins the run of a day, holds it where `condition` holds, and answers who is at it. */
async function holdDay(day: number, condition: string) {
  const standstill = await holdRunAt(installation.databaseUrl, condition)
  const runId = await beginDay(day)
  await standstill.reached()
  const sql = `select usename from pg_stat_activity where datname = $1 and wait_event = 'advisory' and query ilike '%runs%'`
  const { rows } = await admin.query<{ usename: string }>(sql, [name])
  const atIt = workers.find(({ role }) => rows.some(({ usename }) => usename === role))
  if (atIt === undefined) throw new Error(`No worker stands still where ${condition}.`)
  const goOn = async () => {
    await standstill.release()
    for (const operator of operators) operator.goOn()
  }
  return { runId, atIt, goOn }
}

async function killWorker(worker: Part): Promise<void> {
  undertaker.bury(await worker.kill())
}

/** Waits for the end of a run. */
const endOf = async (runId: string) => (await operators[0]?.follow(runId)) ?? ''

describe('while clients push, sign in, read and ask for runs all the time', () => {
  test('the worker that is at the first load dies, and the other one ends it', async () => {
    const { runId, atIt, goOn } = await holdDay(0, "(new.effects->>'enrolled')::int > 500")
    await killWorker(atIt)
    await goOn()
    const [end] = await Promise.all([endOf(runId), atIt.start()])
    expect(end).toBe('completed')
    isLoaded = true
  })

  test('the worker that is merging what it read dies', async () => {
    const { runId, atIt, goOn } = await holdDay(1, "(new.records->>'changed')::int > 0")
    await killWorker(atIt)
    await goOn()
    const [end] = await Promise.all([endOf(runId), atIt.start()])
    expect(end).toBe('completed')
  })

  test('both workers die at once', async () => {
    const { runId, goOn } = await holdDay(2, "(new.effects->>'replaced')::int > 0")
    await Promise.all(workers.map(killWorker))
    await goOn()
    await Promise.all(workers.map((worker) => worker.start()))
    expect(await endOf(runId)).toBe('completed')
  })

  test.each([
    ['its process alone: what PostgreSQL was doing for it is done', 0],
    ['with its machine: what was not committed never happens', 1],
  ])(
    'a server dies in the middle of writes, and of a message that is sent but not on record: %s',
    async (_, index) => {
      const server = servers[index] as Part
      const life = server.life as Life
      try {
        await hold(holder, 'sending', server.role)
        await waitUntilHeld(holder, 'sending', server.role)
        await hold(holder, 'audit', server.role)
        const since = performance.now()
        await waitUntilHeld(holder, 'audit', server.role)
        for (const what of kinds) await waitFor(`a ${what} to be held`, () => log.isHeld(life, what, since))
        await server.kill()
        if (index === 1) await cutOff(holder, server.role)
      } finally {
        await releaseAll(holder)
      }
      await server.start()
      expect(log.brokenBy(life)).toEqual(expect.arrayContaining([...kinds]))
      const served = log.exchanges.length
      await waitFor('it to serve again', () =>
        log.exchanges.slice(served).some((one) => one.life === server.life && one.status === 200),
      )
    },
  )
})

describe('at the end', () => {
  test('every client has come to its end, and nobody was told what is not so', async () => {
    isOver = true
    await Promise.all(work)
    expect(lies).toEqual([])
    expect(log.faults()).toEqual([])
    const deaths = (part: Part) => part.lives.filter(({ killedAt }) => killedAt !== null).length
    expect(servers.map(deaths)).toEqual([1, 1])
    expect(Math.min(...workers.map(deaths))).toBeGreaterThanOrEqual(1)
    expect(workers.map(deaths).reduce((sum, n) => sum + n)).toBe(4)
    // The story says something.
    for (const told of [agency.people, agency.sentOnce, passed]) expect(told.length).toBeGreaterThan(20)
    const runId = await beginDay(days - 1)
    expect(await endOf(runId)).toBe('completed')
  })

  test('nothing is left to do', async () => {
    const left = async () => {
      const { rows } = await database.query(`select
        (select count(*)::int from identity_states where due_at is not null) as due,
        (select count(*)::int from parked_effects) as parked,
        (select count(*)::int from runs where status <> 'completed') as runs,
        (select count(*)::int from challenges where status in ('selecting', 'pending')) as challenges,
        (select count(*)::int from deliveries where status = 'queued' and next_at <= now()) as deliveries`)
      return rows[0] as Record<string, number>
    }
    await waitFor('everything to be done', async () =>
      Object.values(await left()).every((count) => count === 0),
    ).catch(() => undefined)
    expect(await left()).toEqual({ due: 0, parked: 0, runs: 0, challenges: 0, deliveries: 0 })
  })

  test('what stands is what the oracle foresees', async () => {
    const { rows } = await database.query<{ id: string; name: string }>(
      `select id, document ->> 'userName' as name from scim_users`,
    )
    const names = new Map(rows.map((row) => [row.id, row.name]))
    for (const { id, name: given } of agency.people) names.set(id, given)
    const found = await readEnds(database, names)
    const foreseen = foresee({ agency, passed, unanswered: new Set(rows.map((row) => row.name)) })
    for (const part of Object.keys(foreseen) as (keyof Ends)[])
      expect.soft(found[part], part).toEqual(foreseen[part])
  })

  test('every run that was answered is there, told once, and counted what was done', async () => {
    const counted = ['rightsGranted', 'rightsRevoked', 'enrolled', 'replaced', 'suspended', 'resumed']
    const { rows } = await database.query<{ id: string; ends: number; counted: number; done: number }>(
      `select id,
         (select count(*)::int from audit_events where run_id = r.id and action = 'run-ended') as ends,
         (select sum(value::int)::int from jsonb_each_text(r.effects) where key = any($1)) as counted,
         (select count(*)::int from audit_events a, json_array_elements(a.effects) where a.run_id = r.id) as done
       from runs r where source = 'hr'`,
      [counted],
    )
    expect(rows.filter((run) => run.ends !== 1 || (run.counted ?? 0) !== run.done)).toEqual([])
    const there = new Set(rows.map(({ id }) => id))
    expect([...asked.begun, ...asked.joined].filter((id) => !there.has(id))).toEqual([])
  })

  test('each code went out once, but for those whose server died between sending it and writing that down', async () => {
    const { rows } = await database.query<{ n: number; id: string; status: string; attempts: string[] }>(
      `select substr(i.user_name, 7)::int as n, c.id, c.status,
         array(select coalesce(a.outcome, 'open') || coalesce(' ' || a.error_code, '') from delivery_attempts a
           join deliveries d on d.id = a.delivery_id where d.challenge_id = c.id order by a.number) as attempts
       from challenges c join identities i on i.id = c.identity_id`,
    )
    const byPerson = (a: { readonly n: number }, b: { readonly n: number }) => a.n - b.n
    expect(rows.map(({ n, id, status }) => ({ n, challenge: id, status })).sort(byPerson)).toEqual(
      passed.map((one) => ({ ...one, status: 'passed' })).sort(byPerson),
    )
    const mailsTo = new Map<string, number>()
    for (const { to, raw } of smtp.mails)
      if (codeIn(raw) !== null) for (const one of to) mailsTo.set(one, (mailsTo.get(one) ?? 0) + 1)
    const sent = rows.map(({ n, attempts }) => ({ mails: mailsTo.get(mailOf(n)) ?? 0, attempts }))
    const isUsual = ({ attempts }: { readonly attempts: readonly string[] }) => attempts.join() === 'sent'
    expect(sent.filter((one) => isUsual(one) && one.mails !== 1)).toEqual([])
    // The test saw to it that one of them was cut off there. Its code was typed before anybody sent it again, or not.
    const lost = sent.filter((one) => !isUsual(one))
    expect(lost.length).toBeGreaterThanOrEqual(1)
    for (const { mails, attempts } of lost) {
      expect(attempts.join(), String(mails)).toMatch(/^(open|retry lost(,retry lost)*(,sent)?)$/)
      expect(mails).toBeGreaterThanOrEqual(1)
      expect(mails).toBeLessThanOrEqual(attempts.length)
    }
  })

  test('the audit trail is whole', async () => {
    expect(await musterJson(owner, ['audit', 'verify'])).toMatchObject({ ok: true })
  })
})
