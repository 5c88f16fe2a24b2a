import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CliPlace } from './cli-cache.ts'
import { startWatchedProcess } from './watched-process.ts'

const MODULE = 'github.com/temporalio/cli/cmd/temporal'
const REPORT_EVERY_MS = 15_000

/** Builds the Temporal CLI into a folder with the given `go`. Throws an Error with what Go said last. */
export async function buildTemporalCli(place: CliPlace, folder: string, go: string): Promise<string> {
  place.onProgress(`Building the Temporal CLI ${place.release} with Go: about nine minutes, once …`)
  const logFile = join(folder, 'build.log')
  const started = performance.now()
  const build = await startWatchedProcess({
    command: go,
    arguments: ['install', '-v', `${MODULE}@${place.release}`],
    logFile,
    endSignal: 'SIGTERM',
    user: null,
    environment: { ...definedOf(place), GOBIN: folder, CGO_ENABLED: '0' },
  })
  const report = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000)
    // With -v, Go writes a line for each package.
    const packages = readLines(logFile).length
    place.onProgress(`Building the Temporal CLI: ${packages} packages after ${seconds} s …`)
  }, REPORT_EVERY_MS)
  const how = await build.exited
  clearInterval(report)
  if (how !== 'exit code 0') throw new Error(`go ended with ${how}: ${readLines(logFile).at(-1)}`)
  return join(folder, 'temporal')
}

function definedOf({ environment }: CliPlace): Record<string, string> {
  const defined = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return Object.fromEntries(defined)
}

function readLines(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}
