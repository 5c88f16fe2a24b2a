import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CliPlace } from './cli-cache.ts'

const require = createRequire(import.meta.url)
const DOWNLOAD_WITHIN_MS = 300_000
const REASON_LENGTH = 160

/**
 * The SDK downloads only as the first half of starting a server, and gives that server five seconds. So this runs in
 * a process of its own, whose exit code does not matter: what counts is the file that it leaves.
 */
const SCRIPT = `
  const [library, downloadDir, version] = process.argv.slice(1)
  const { TestWorkflowEnvironment } = await import(library)
  const executable = { type: 'cached-download', downloadDir, version }
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } })
  await environment.teardown()
`

/** Lets the Temporal SDK download the CLI into a folder. Throws an Error with a short reason when it cannot. */
export async function downloadTemporalCli(place: CliPlace, folder: string): Promise<string> {
  place.onProgress(`Trying the Temporal SDK's own download of the Temporal CLI ${place.release} …`)
  const trouble = await download(place, folder)
  const name = readdirSync(folder).find(
    (file) => file.startsWith('temporal') && !file.endsWith('.downloading'),
  )
  if (name === undefined) throw new Error(trouble ?? 'nothing was downloaded')
  return join(folder, name)
}

/** What the SDK says of its failure, in a line, or null when all went well. */
function download({ release, environment }: CliPlace, folder: string): Promise<string | null> {
  const library = pathToFileURL(require.resolve('@temporalio/testing')).href
  const options = { timeout: DOWNLOAD_WITHIN_MS, killSignal: 'SIGKILL', env: { ...environment } } as const
  return new Promise((resolve) => {
    const args = ['--input-type=module', '--eval', SCRIPT, library, folder, release]
    execFile(process.execPath, args, options, (error, _stdout, stderr) => {
      if (error === null) return resolve(null)
      const said = stderr.split('\n').find((line) => /error/i.test(line))
      resolve(
        error.killed
          ? `it took more than ${DOWNLOAD_WITHIN_MS / 1000} s`
          : (said?.trim().slice(0, REASON_LENGTH) ?? 'it failed'),
      )
    })
  })
}
