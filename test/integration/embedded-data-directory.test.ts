import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findRunningStack, openDataDirectory } from '../../embedded/data-directory.ts'
import { identifyProcess } from '../../embedded/process-identity.ts'
import { makeFolder, type StackProgram, startProgram } from '../support/embedded-stack.ts'

let folder: ReturnType<typeof makeFolder>
let dataDir: string
const programs: StackProgram[] = []

beforeEach(() => {
  folder = makeFolder()
  dataDir = join(folder.path, 'deep', 'data')
})

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()))
  folder.remove()
})

function start(): StackProgram {
  const program = startProgram('none', dataDir)
  programs.push(program)
  return program
}

const stack = {
  pid: process.pid,
  server: 'http://127.0.0.1:8080',
  postgres: 'postgres://muster:secret@127.0.0.1:5432/muster',
  temporal: '127.0.0.1:7233',
  temporalUi: null,
  outbox: null,
}

test('a second start on a data directory in use is told the pid of the first', async () => {
  const first = start()
  await first.next((line) => line.started !== undefined)
  expect(() => openDataDirectory(dataDir)).toThrow(
    expect.objectContaining({
      code: 'stack-running',
      message: expect.stringContaining(`pid ${first.child.pid}`),
    }),
  )
})

test('the data directory of a killed process is free at once', async () => {
  const first = start()
  await first.next((line) => line.started !== undefined)
  await first.kill()
  openDataDirectory(dataDir).close()
})

test('a lock whose pid was given to another process is taken over', () => {
  mkdirSync(dataDir, { recursive: true })
  const stranger = { pid: process.ppid, startedAt: `${identifyProcess(process.ppid)?.startedAt}0` }
  writeFileSync(join(dataDir, 'up.lock'), JSON.stringify(stranger))
  openDataDirectory(dataDir).close()
})

test('of several starts that find the same stale lock exactly one wins', async () => {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, 'up.lock'), JSON.stringify({ pid: process.pid, startedAt: 'long ago' }))
  const racers = [start(), start(), start(), start()]
  const lines = await Promise.all(racers.map((racer) => racer.next(() => true)))
  expect(lines.filter((line) => line.started !== undefined)).toHaveLength(1)
  expect(lines.filter((line) => line.fault === 'stack-running')).toHaveLength(3)
})

test('the running stack is found while it is announced, and not after', () => {
  const data = openDataDirectory(dataDir)
  expect(findRunningStack(dataDir)).toBeNull()
  data.announce(stack)
  expect(findRunningStack(dataDir)).toEqual(stack)
  data.close()
  expect(findRunningStack(dataDir)).toBeNull()
})

test('the announcement of a dead process is not believed', () => {
  openDataDirectory(dataDir).close()
  writeFileSync(join(dataDir, 'run.json'), JSON.stringify(stack))
  expect(findRunningStack(dataDir)).toBeNull()
})

test('others can read neither the data directory nor the announcement with its password', () => {
  const data = openDataDirectory(dataDir)
  data.announce(stack)
  expect(statSync(dataDir).mode & 0o067).toBe(0)
  expect(statSync(join(dataDir, 'run.json')).mode & 0o777).toBe(0o600)
  data.close()
})
