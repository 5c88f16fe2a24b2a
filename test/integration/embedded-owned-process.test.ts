import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endOrphan, endProcess, recordOwnedProcess } from '../../embedded/owned-process.ts'
import { identifyProcess, isRunning } from '../../embedded/process-identity.ts'
import { makeFolder, waitUntilGone } from '../support/embedded-stack.ts'

let folder: ReturnType<typeof makeFolder>
let recordFile: string
const children: ChildProcess[] = []

beforeEach(() => {
  folder = makeFolder()
  recordFile = join(folder.path, 'server.process.json')
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  folder.remove()
})

/** A process that bears the folder's path among its arguments, and says when it is ready. */
async function startBearer(script: string) {
  const child = spawn('/bin/sh', ['-c', `${script}; while :; do read -r _; done`, 'sh', folder.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const identity = identifyProcess(child.pid ?? 0)
  if (identity === null) throw new Error('The process did not start.')
  return { identity, line: String(line) }
}

test('an orphan of this data directory is ended, and only once', async () => {
  const { identity } = await startBearer('echo ready')
  recordOwnedProcess(recordFile, identity)
  const search = { recordFile, argument: folder.path, endSignal: 'SIGTERM' } as const
  expect(await endOrphan(search)).toBe(identity.pid)
  expect(isRunning(identity)).toBe(false)
  expect(await endOrphan(search)).toBeNull()
})

test('a process that was given the pid of our dead one is never ended', async () => {
  const { identity } = await startBearer('echo ready')
  recordOwnedProcess(recordFile, { pid: identity.pid, startedAt: `${identity.startedAt}0` })
  expect(await endOrphan({ recordFile, argument: folder.path, endSignal: 'SIGTERM' })).toBeNull()
  expect(isRunning(identity)).toBe(true)
})

test('a copied data directory does not end the process of the original', async () => {
  const { identity } = await startBearer('echo ready')
  recordOwnedProcess(recordFile, identity)
  const copy = `${folder.path}-copy`
  expect(await endOrphan({ recordFile, argument: copy, endSignal: 'SIGTERM' })).toBeNull()
  expect(isRunning(identity)).toBe(true)
})

test.each(['', '{', '{"pid":1}', '{"pid":-1,"startedAt":"x"}'])(
  'a broken record %j ends nothing',
  async (text) => {
    writeFileSync(recordFile, text)
    expect(await endOrphan({ recordFile, argument: folder.path, endSignal: 'SIGTERM' })).toBeNull()
  },
)

test('a process that does not listen to the signal is killed after its grace', async () => {
  const { identity } = await startBearer("trap '' TERM; echo ready")
  await endProcess(identity, 'SIGTERM', 300)
  expect(isRunning(identity)).toBe(false)
})

test('a zombie does not count as running', async () => {
  // The shell becomes a program that never asks after the child it inherits.
  const { line } = await startBearer('sh -c "exit 0" & echo $!; exec tail -f /dev/null')
  await waitUntilGone(Number(line), 5000)
  expect(() => process.kill(Number(line), 0)).not.toThrow()
})
