import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type DataDirectory, openDataDirectory } from '../../embedded/data-directory.ts'
import { findFreePort } from '../../embedded/free-port.ts'
import { type Postgres, startPostgres } from '../../embedded/postgres.ts'
import { findPostgresBinaries, repairPostgresPackage } from '../../embedded/postgres-binaries.ts'
import { findPostgresUser } from '../../embedded/postgres-user.ts'
import { killWatchdog, makeFolder, startProgram, waitUntilGone } from '../support/embedded-stack.ts'

let folder: ReturnType<typeof makeFolder>
let dataDir: string
let data: DataDirectory | null
let started: Postgres[]
let progress: string[]

beforeEach(() => {
  folder = makeFolder()
  dataDir = join(folder.path, 'data')
  data = null
  started = []
  progress = []
})

afterEach(async () => {
  await Promise.all(started.map((postgres) => postgres.stop()))
  data?.close()
  folder.remove()
})

async function start(port?: number): Promise<Postgres> {
  data ??= openDataDirectory(dataDir)
  const onProgress = (line: string) => progress.push(line)
  const postgres = await startPostgres({
    dataDir: data.path,
    onProgress,
    ...(port === undefined ? {} : { port }),
  })
  started.push(postgres)
  return postgres
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    return rows.flat()
  } finally {
    await client.end()
  }
}

function findDraft(): string | undefined {
  return readdirSync(dataDir).find((name) => /^postgres\.unfinished-[0-9a-f]+$/.test(name))
}

test('a second start continues with the data, and both end within ten seconds', async () => {
  const first = await start()
  await query(first.url, 'create table kept as select 7 as n')
  const open = new Client({ connectionString: first.url })
  open.on('error', () => undefined)
  await open.connect()
  await open.query('begin')
  const before = performance.now()
  await first.stop()
  expect(performance.now() - before).toBeLessThan(10_000)
  expect(await first.exited).toBe('exit code 0')

  const second = await start()
  expect(await query(second.url, 'select n from kept')).toEqual([7])
  expect(progress.filter((line) => line.startsWith('Making'))).toHaveLength(1)
})

test('what was committed is there after the server was killed', async () => {
  const first = await start()
  await query(first.url, 'create table kept as select 7 as n')
  process.kill(first.pid, 'SIGKILL')
  expect(await first.exited).toBe('signal SIGKILL')
  const second = await start()
  expect(await query(second.url, 'select n from kept')).toEqual([7])
})

test('the server ends by itself when the process that started it is killed', async () => {
  const program = startProgram('postgres', dataDir)
  const { started: server } = await program.next((line) => line.started !== undefined)
  await program.kill()
  await waitUntilGone(server?.pid ?? 0, 10_000)
  const next = await start()
  expect(await query(next.url, 'select 1')).toEqual([1])
})

test('an orphan that nothing ended is ended by the next start', async () => {
  const program = startProgram('postgres', dataDir)
  const { started: server } = await program.next((line) => line.started !== undefined)
  const pid = server?.pid ?? 0
  killWatchdog(pid)
  await query(server?.url ?? '', 'create table kept as select 7 as n')
  await program.kill()
  const next = await start()
  expect(progress).toContain(`Ended the PostgreSQL of an earlier start (pid ${pid}).`)
  expect(await query(next.url, 'select n from kept')).toEqual([7])
})

test('a start that is killed while it makes the database leaves nothing in the way', async () => {
  const program = startProgram('postgres', dataDir)
  await program.next((line) => line.progress !== undefined)
  const draft = await vi.waitUntil(findDraft, { timeout: 10_000, interval: 5 })
  await program.kill()
  expect(findDraft()).toBe(draft)
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
  const next = await start()
  expect(await query(next.url, 'select 1')).toEqual([1])
  expect(findDraft()).toBeUndefined()
})

test('a folder that Muster did not make is left alone', async () => {
  const foreign = join(dataDir, 'postgres')
  mkdirSync(foreign, { recursive: true })
  writeFileSync(join(foreign, 'PG_VERSION'), '18\n')
  await expect(start()).rejects.toThrow(`${foreign} is not a database that Muster made`)
  expect(readdirSync(foreign)).toEqual(['PG_VERSION'])
})

test('a pid file that names a process which is no server neither stops the start nor ends that process', async () => {
  const first = await start()
  await first.stop()
  const stranger = spawn('tail', ['-f', '/dev/null'], { stdio: 'ignore', ...findPostgresUser() })
  await once(stranger, 'spawn')
  try {
    const lines = [stranger.pid, join(dataDir, 'postgres'), 1, 5432, '', '127.0.0.1', '', 'ready']
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), `${lines.join('\n')}\n`)
    await start()
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
  } finally {
    stranger.kill()
  }
})

test('a server that somebody else runs on the directory is named and left alone', async () => {
  const first = await start()
  rmSync(join(dataDir, 'postgres.process.json'))
  await expect(start()).rejects.toThrow(
    expect.objectContaining({ code: 'stack-running', message: expect.stringContaining(`pid ${first.pid}`) }),
  )
  expect(await query(first.url, 'select 1')).toEqual([1])
})

test('a configured port is used, and one that is in use is named', async () => {
  const port = await findFreePort()
  const first = await start(port)
  expect(first.port).toBe(port)
  await first.stop()
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  await expect(start(port)).rejects.toThrow(
    `Port ${port}, which the configuration gives to PostgreSQL, is in use`,
  )
  other.close()
})

test('only who knows the password comes in, and only from this machine', async () => {
  const postgres = await start()
  const url = new URL(postgres.url)
  url.password = 'guessed'
  await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed')
  expect(await query(postgres.url, "select current_setting('listen_addresses')")).toEqual(['127.0.0.1'])
  expect(await query(postgres.url, "select current_setting('unix_socket_directories')")).toEqual([''])
  expect(lstatSync(join(dataDir, 'postgres', 'muster-password')).mode & 0o777).toBe(0o600)
})

test('what a failed statement says of its rows is not in the log', async () => {
  const postgres = await start()
  await query(postgres.url, 'create table person (address text primary key)')
  const insert = "insert into person values ('canary@example.com'), ('canary@example.com')"
  await expect(query(postgres.url, insert)).rejects.toThrow('duplicate key')
  await expect(query(postgres.url, "select 'canary@example.com'::int")).rejects.toThrow()
  const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8')
  expect(log).toContain('ready to accept connections')
  expect(log).not.toContain('canary')
})

test('links that npm did not unpack are made again', () => {
  const original = dirname(dirname(dirname(findPostgresBinaries().postgres)))
  const copy = join(folder.path, 'package')
  const isLink = (path: string) => lstatSync(path).isSymbolicLink()
  cpSync(original, copy, { recursive: true, filter: (path) => !isLink(path) && !path.endsWith('.a') })
  const links = JSON.parse(readFileSync(join(copy, 'native/pg-symlinks.json'), 'utf8')) as {
    target: string
  }[]
  expect(links.filter(({ target }) => existsSync(join(copy, target)))).toEqual([])
  repairPostgresPackage(copy)
  expect(links.filter(({ target }) => !existsSync(join(copy, target)))).toEqual([])
})

test.runIf(process.getuid?.() === 0)('a folder that PostgreSQL may not enter is named', async () => {
  const closed = join(folder.path, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  dataDir = join(closed, 'data')
  await expect(start()).rejects.toThrow(`cannot enter ${closed} on the way to ${dataDir}`)
})
