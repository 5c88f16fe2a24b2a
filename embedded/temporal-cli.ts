import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { MusterError } from '../domain/error.ts'
import { type CliPlace, type Environment, fillCache } from './cli-cache.ts'
import { buildTemporalCli } from './temporal-build.ts'
import { downloadTemporalCli } from './temporal-download.ts'

export interface TemporalCliSearch {
  /**
   * The environment: TEMPORAL_CLI_PATH (this one or none), PATH (searched for `temporal` and `go`), XDG_CACHE_HOME
   * (our cache is the folder `muster` in it; default `~/.cache`). A download or a build sees all of it, as it may
   * need a proxy or Go's own settings.
   */
  readonly environment: Environment
  onProgress(message: string): void
}

/** A Temporal CLI that has been seen to run. */
export interface TemporalCli {
  readonly path: string
  /** What it says of itself. The state file of one version is not for another. */
  readonly version: string
}

/** A way to a CLI: gives the path of one, or throws with the reason why there is none. */
interface Way {
  readonly name: string
  find(search: TemporalCliSearch): Promise<string>
}

/** The newest release that `go install` accepts. */
const CLI_RELEASE = 'v1.5.1'

const run = promisify(execFile)

/** In this order; the first that gives a CLI which runs decides. */
const WAYS: readonly Way[] = [
  {
    name: '"temporal" on the PATH',
    find: async (search) => findOnPath('temporal', search.environment['PATH']),
  },
  { name: 'our cache', find: async (search) => findInCache(search) },
  {
    name: "the Temporal SDK's own download",
    find: (search) => fillCache(placeFor(search), downloadTemporalCli),
  },
  { name: '"go install"', find: installWithGo },
]

/**
 * Finds a Temporal CLI, fetching or building one into our cache where there is none (a build takes about nine
 * minutes, once). Throws MusterError `temporal-unavailable` that lists every way and why it failed.
 */
export async function findTemporalCli(search: TemporalCliSearch): Promise<TemporalCli> {
  const named = search.environment['TEMPORAL_CLI_PATH']
  if (named) return useNamed(named)
  const reasons: string[] = []
  for (const way of WAYS) {
    try {
      return await inspect(await way.find(search))
    } catch (error) {
      reasons.push(`- ${way.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new MusterError('temporal-unavailable', describeWays(reasons))
}

async function useNamed(path: string): Promise<TemporalCli> {
  try {
    return await inspect(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MusterError('temporal-unavailable', `TEMPORAL_CLI_PATH names ${path}: ${reason}.`, { cause })
  }
}

async function inspect(path: string): Promise<TemporalCli> {
  const { stdout } = await run(path, ['--version'], { timeout: 30_000 }).catch((cause: unknown) => {
    throw new Error('it does not run', { cause })
  })
  const version = stdout.trim()
  if (!/^temporal version .*Server/.test(version)) throw new Error('it is not a Temporal CLI with a server')
  return { path, version }
}

function findInCache(search: TemporalCliSearch): string {
  const { file } = placeFor(search)
  if (!existsSync(file)) throw new Error(`${file} is not there`)
  return file
}

/** The first file with this name on a search path. Throws an Error when there is none. */
function findOnPath(name: string, searchPath: string | undefined): string {
  const folders = (searchPath ?? '').split(delimiter).filter(Boolean)
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
  if (found === undefined) throw new Error('not there')
  return found
}

async function installWithGo(search: TemporalCliSearch): Promise<string> {
  const go = findOnPath('go', search.environment['PATH'])
  return fillCache(placeFor(search), (place, folder) => buildTemporalCli(place, folder, go))
}

function placeFor({ environment, onProgress }: TemporalCliSearch): CliPlace {
  const home = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const folder = join(home, 'muster', `temporal-cli-${CLI_RELEASE}`)
  return { folder, file: join(folder, 'temporal'), release: CLI_RELEASE, environment, onProgress }
}

function describeWays(reasons: readonly string[]): string {
  return [
    'There is no Temporal server to start. These ways were tried:',
    ...reasons,
    'Do one of these:',
    '- set TEMPORAL_ADDRESS to a server that runs, such as 127.0.0.1:7233',
    '- install the Temporal CLI so that "temporal" is on the PATH, or set TEMPORAL_CLI_PATH to it',
    `- install Go 1.25 or newer, and Muster builds the CLI itself: go install github.com/temporalio/cli/cmd/temporal@${CLI_RELEASE}`,
  ].join('\n')
}
