import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { CliPlace } from './cli-place.ts'
import { tryLock } from './lock-file.ts'

export interface BuildOptions extends CliPlace {
  /** The `go` to build with. */
  readonly go: string
}

const MODULE = 'github.com/temporalio/cli/cmd/temporal'
const REPORT_EVERY_MS = 15_000
const LOOK_EVERY_MS = 1000

/**
 * Builds the Temporal CLI with Go into our cache, where it appears whole or not at all. One build at a time on this
 * machine: a second caller waits for the first and takes what it made. Throws an Error with what Go said last.
 */
export async function buildTemporalCli(options: BuildOptions): Promise<string> {
  mkdirSync(options.folder, { recursive: true })
  const release = await waitForTurn(options)
  try {
    if (!existsSync(options.file)) await build(options)
    return options.file
  } finally {
    release()
  }
}

async function waitForTurn(options: BuildOptions): Promise<() => void> {
  for (let told = false; ; told = true) {
    const lock = tryLock(join(options.folder, 'build.lock'))
    if (lock.held) return () => lock.release()
    if (!told) {
      options.onProgress(
        `Waiting for another process (pid ${lock.holder.pid}) that builds the Temporal CLI …`,
      )
    }
    await delay(LOOK_EVERY_MS)
  }
}

async function build(options: BuildOptions): Promise<void> {
  options.onProgress(`Building the Temporal CLI ${options.release} with Go: about nine minutes, once …`)
  const draft = mkdtempSync(join(options.folder, 'build-'))
  try {
    await runGo(options, draft)
    renameSync(join(draft, 'temporal'), options.file)
    options.onProgress(`Built ${options.file}.`)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function runGo(options: BuildOptions, bin: string): Promise<void> {
  const started = performance.now()
  const child = spawn(options.go, ['install', '-v', `${MODULE}@${options.release}`], {
    cwd: bin,
    env: { ...options.environment, GOBIN: bin, CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let packages = 0
  let last = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    packages += 1
    last = line
  })
  const report = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000)
    options.onProgress(`Building the Temporal CLI: ${packages} packages after ${seconds} s …`)
  }, REPORT_EVERY_MS)
  try {
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`go ended with code ${code}: ${last}`)
  } finally {
    clearInterval(report)
  }
}
