import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findTemporalCli } from '../../embedded/temporal-cli.ts'
import { makeFolder } from '../support/embedded-stack.ts'
import { makeGoProxy } from '../support/go-proxy.ts'

let folder: ReturnType<typeof makeFolder>
let cacheHome: string
let progress: string[]

/** A proxy that is not there: nothing is downloaded, wherever these tests run. */
const OFFLINE = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1', GOPROXY: 'off' }
const RELEASE_FOLDER = 'muster/temporal-cli-v1.5.1'

beforeEach(() => {
  folder = makeFolder()
  cacheHome = join(folder.path, 'cache')
  progress = []
})

afterEach(() => {
  folder.remove()
})

function find(environment: Readonly<Record<string, string>>) {
  const onProgress = (line: string) => progress.push(line)
  return findTemporalCli({
    environment: { XDG_CACHE_HOME: cacheHome, ...OFFLINE, ...environment },
    onProgress,
  })
}

/** A program that says what a CLI says of its version. */
function makeProgram(file: string, says: string): string {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `#!/bin/sh\necho '${says}'\n`)
  chmodSync(file, 0o755)
  return file
}

test('the program that TEMPORAL_CLI_PATH names goes before one on the PATH', async () => {
  const named = makeProgram(join(folder.path, 'named'), 'temporal version 1 (Server 1)')
  makeProgram(join(folder.path, 'bin/temporal'), 'temporal version 2 (Server 2)')
  const environment = { TEMPORAL_CLI_PATH: named, PATH: join(folder.path, 'bin') }
  expect(await find(environment)).toEqual({ path: named, version: 'temporal version 1 (Server 1)' })
})

test('a TEMPORAL_CLI_PATH that is no Temporal CLI is a fault, not passed over', async () => {
  const named = makeProgram(join(folder.path, 'named'), 'hello')
  makeProgram(join(folder.path, 'bin/temporal'), 'temporal version 2 (Server 2)')
  const environment = { TEMPORAL_CLI_PATH: named, PATH: join(folder.path, 'bin') }
  await expect(find(environment)).rejects.toThrow(
    `TEMPORAL_CLI_PATH names ${named}: it is not a Temporal CLI`,
  )
})

test('a program on the PATH goes before the cache, and one that does not run is passed over', async () => {
  const onPath = makeProgram(join(folder.path, 'bin/temporal'), 'temporal version 2 (Server 2)')
  const cached = makeProgram(join(cacheHome, RELEASE_FOLDER, 'temporal'), 'temporal version 3 (Server 3)')
  expect((await find({ PATH: join(folder.path, 'bin') })).path).toBe(onPath)
  chmodSync(onPath, 0o644)
  expect((await find({ PATH: join(folder.path, 'bin') })).path).toBe(cached)
})

test('where no way leads to a server the fault lists every way, why it failed and what to do', async () => {
  const fault = await find({ PATH: '/nonexistent' }).catch((error: Error) => error)
  expect(fault).toMatchObject({ code: 'temporal-unavailable' })
  const lines = String((fault as Error).message).split('\n')
  for (const way of [
    '"temporal" on the PATH:',
    'our cache:',
    "the Temporal SDK's own download:",
    '"go install":',
  ]) {
    expect(lines.filter((line) => line.startsWith(`- ${way} `))).toHaveLength(1)
  }
  expect(lines.join()).toMatch(/TEMPORAL_ADDRESS.*TEMPORAL_CLI_PATH.*go install/)
  expect(readdirSync(join(cacheHome, RELEASE_FOLDER))).toEqual([])
})

const hasGo = (() => {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8' }).startsWith('go version')
  } catch {
    return false
  }
})()

test.runIf(hasGo)(
  'the CLI is built once with Go when two starts need it, and then found in the cache',
  async () => {
    // The real Go tool builds a small module of this name, from a module proxy of files.
    const GOPROXY = makeGoProxy(join(folder.path, 'proxy'), 'github.com/temporalio/cli', 'v1.5.1', {
      'go.mod': 'module github.com/temporalio/cli\n\ngo 1.20\n',
      'cmd/temporal/main.go':
        'package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString("temporal version 9 (Server 9)\\n") }\n',
    })
    const go = {
      ...process.env,
      ...OFFLINE,
      GOPROXY,
      GOSUMDB: 'off',
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: 'local',
    }
    const bin = join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'bin')
    const environment = {
      ...go,
      PATH: `${bin}:/usr/bin:/bin`,
      GOPATH: join(folder.path, 'go'),
      TEMPORAL_CLI_PATH: '',
    }
    const [first, second] = await Promise.all([find(environment), find(environment)])
    const file = join(cacheHome, RELEASE_FOLDER, 'temporal')
    expect(first).toEqual({ path: file, version: 'temporal version 9 (Server 9)' })
    expect(second).toEqual(first)
    expect(progress.filter((line) => line.startsWith('Building'))).toHaveLength(1)
    expect(readdirSync(join(cacheHome, RELEASE_FOLDER))).toEqual(['temporal'])
    progress = []
    expect(await find({ PATH: '/nonexistent' })).toEqual(first)
    expect(progress).toEqual([])
  },
)
