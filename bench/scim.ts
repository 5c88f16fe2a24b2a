/**
 * `npm run bench -- scim [--people N] [--rounds N] [--seconds N] [--only requests,members,bulk,latency] [--clients 1,8,64] [--profile DIR]`
 *
 * SCIM over HTTP on loopback, in turns with two baselines: scimmy-routers on express with its resources in memory, and
 * the same rows written by bare SQL through pg. Muster's server, scimmy's (both compiled to JavaScript), PostgreSQL
 * (fsync and synchronous_commit on) and the load generator are processes of their own, and what each costs is told.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { startPostgres } from '../embedded/postgres.ts'
import { migrate, openDatabase } from '../store/database.ts'
import { makeFolder } from '../test/support/embedded-stack.ts'
import { BareSql } from './scim/bare-sql.ts'
import { cpuOf, startProgram } from './scim/child-process.ts'
import { compilePrograms } from './scim/compile-programs.ts'
import type { LoadJob, LoadResult } from './scim/load-job.ts'
import { createPerson } from './scim/people.ts'
import { printBars } from './scim/report.ts'
import { runBulk } from './scim/run-bulk.ts'
import { runLatency } from './scim/run-latency.ts'
import { runMembers } from './scim/run-members.ts'
import { Numbers, runRequests, type Sides } from './scim/run-requests.ts'
import type { ServerAnswer } from './scim/server-answer.ts'
import { HttpSide } from './scim/side.ts'

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    people: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '20' },
    only: { type: 'string', default: 'requests,members,bulk,latency' },
    clients: { type: 'string', default: '1,8,64' },
    profile: { type: 'string' },
  },
})
const parts = new Set(values.only.split(','))
const rounds = Number(values.rounds)
/** People that every side has from the start. */
const population = 1_000
/** Enough for the largest group and what is put into it. */
const inGroups = 11_000
const plan = [
  { clients: 1, count: 100 },
  { clients: 8, count: 800 },
  { clients: 64, count: 1_200 },
].filter(({ clients }) => values.clients.split(',').includes(String(clients)))

const folder = makeFolder()
const compiled = compilePrograms(join(folder.path, 'programs'), [
  'load-generator',
  'muster-server',
  'scimmy-server',
])
const generator = startProgram<LoadJob, LoadResult>('load-generator', { compiled })
try {
  if (parts.has('requests') || parts.has('members') || parts.has('bulk')) await runOnServer()
  if (parts.has('latency')) await runLatency(generator, join(folder.path, 'stack'), Number(values.seconds))
  printBars()
} finally {
  await generator.close()
  folder.remove()
}

async function runOnServer(): Promise<void> {
  const dataDir = join(folder.path, 'server')
  mkdirSync(dataDir, { mode: 0o711 })
  const postgres = await startPostgres({ dataDir, onProgress: (text) => console.error(text) })
  await migrateOnce(postgres.url)
  const bareUrl = await openBareDatabase(postgres.url)
  const execArgv = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
  const musterServer = startProgram<object, ServerAnswer>('muster-server', { compiled, execArgv })
  const scimmyServer = startProgram<object, ServerAnswer>('scimmy-server', { compiled })
  const databaseCpu = () => cpuOfTree(postgres.pid)
  const sides: Sides = {
    muster: new HttpSide(
      musterServer,
      await musterServer.ask({ databaseUrl: postgres.url }),
      generator,
      databaseCpu,
    ),
    scimmy: new HttpSide(scimmyServer, await scimmyServer.ask({}), generator, () => Number.NaN),
    bare: new BareSql(bareUrl, 64),
  }
  try {
    const numbers = new Numbers(population)
    await prepare(sides)
    if (parts.has('requests')) for (const step of plan) await runRequests(sides, numbers, { ...step, rounds })
    if (parts.has('members')) {
      await growTo(inGroups, sides, numbers)
      // As autovacuum does within a minute of such a load.
      for (const url of [postgres.url, bareUrl]) await analyze(url)
      await runMembers(sides, rounds)
    }
    if (parts.has('bulk'))
      await runBulk(sides.muster, new Numbers(1_000_000), Number(values.people), { isBar: true })
  } finally {
    await sides.bare.close()
    await Promise.all([musterServer.close(), scimmyServer.close()])
    await postgres.stop()
  }
}

async function prepare({ muster, scimmy, bare }: Sides): Promise<void> {
  const people = Array.from({ length: population }, (_, number) => number)
  await muster.create(people.map(createPerson))
  await scimmy.create(people.map(createPerson))
  for (const number of people) await bare.create(number)
}

async function growTo(count: number, { muster, scimmy, bare }: Sides, numbers: Numbers): Promise<void> {
  if (muster.ids.length < count) await runBulk(muster, numbers, count - muster.ids.length)
  const more = numbers.take(Math.max(0, 1_500 - scimmy.ids.length))
  if (more.length > 0) await scimmy.create(more.map(createPerson))
  for (const number of numbers.take(Math.max(0, count - bare.ids.length))) await bare.create(number)
}

/** A database beside Muster's with the same tables. */
async function openBareDatabase(url: string): Promise<string> {
  const admin = new Client({ connectionString: url })
  await admin.connect()
  await admin.query('create database bare')
  const { rows } = await admin.query(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  )
  console.log(`PostgreSQL: fsync ${rows[0]?.fsync}, synchronous_commit ${rows[0]?.commit}`)
  await admin.end()
  const bare = new URL(url)
  bare.pathname = '/bare'
  await migrateOnce(bare.href)
  return bare.href
}

async function analyze(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('analyze')
  await client.end()
}

async function migrateOnce(url: string): Promise<void> {
  const database = openDatabase({ url, poolSize: 1 })
  await migrate(database)
  await database.destroy()
}

/** Of a process and its children, those that have ended included. */
function cpuOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return [pid, ...children.filter((child) => child !== '').map(Number)].reduce((sum, one) => {
    try {
      return sum + cpuOf(one)
    } catch {
      // It has ended since, and its parent's figure has it.
      return sum
    }
  }, 0)
}
