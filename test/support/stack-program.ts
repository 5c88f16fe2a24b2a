import { join } from 'node:path'
import { openDataDirectory } from '../../embedded/data-directory.ts'
import { startPostgres } from '../../embedded/postgres.ts'
import { launchTemporal } from '../../embedded/temporal-launcher.ts'

/**
 * A program that holds a data directory and runs a server in it until it is killed, for tests that kill it:
 * `stack-program.ts postgres|temporal|none DATA`. Says one JSON document a line: progress, then what it started, or
 * the code of the fault that ended it.
 */
const [what, dataDir] = process.argv.slice(2)

const onProgress = (progress: string) => say({ progress })
try {
  const { path } = openDataDirectory(dataDir ?? '')
  if (what === 'postgres') {
    const { url, pid } = await startPostgres({ dataDir: path, onProgress })
    say({ started: { url, pid } })
  } else if (what === 'temporal') {
    const stateFile = join(path, 'temporal', 'state.sqlite')
    const options = { environment: process.env, stateFile, namespace: 'muster', uiPort: null, onProgress }
    const { address, pid } = await launchTemporal(options)
    say({ started: { address, pid } })
  } else {
    say({ started: {} })
  }
  setInterval(() => undefined, 60_000)
} catch (error) {
  say({ fault: (error as { code?: string }).code ?? String(error) })
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
