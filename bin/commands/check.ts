import type { Command } from 'commander'
import type { Configuration } from '../../config/configuration.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { describeFaults } from '../output/describe-faults.ts'
import { writeJson, writeLines } from '../output/write.ts'

/** One fault as `--json` prints it, whichever file it stands in. */
interface CheckFault {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  /** A path into the configuration, or a JSON Pointer into a policy. */
  readonly path: string
  readonly code: string
  readonly message: string
}

/** What a source answered when it was opened. */
interface LiveResult {
  /** The configuration that names it. */
  readonly file: string
  readonly name: string
  /** Null: it was not opened. */
  readonly ok: boolean | null
  readonly message: string
}

/** `muster check [--live]` */
export function registerCheck(program: Command, context: CliContext): void {
  program
    .command('check')
    .description('every fault of the configuration and the policies, with file, line and column')
    .option('--live', 'also open every source')
    .action(async ({ live }: { readonly live?: boolean }) => {
      const loaded = await context.checkConfiguration()
      if (!loaded.ok) return reportCheck(context, loaded.faults, [])
      const { configuration } = loaded
      const faults = await checkPolicies(configuration)
      await reportCheck(context, faults, live === true ? await testSources(context, configuration) : [])
    })
}

/** Milliseconds that a source may take to show that it can be read. */
const livePatience = 30_000

async function checkPolicies(configuration: Configuration): Promise<readonly CheckFault[]> {
  const { checkPolicyFolder } = await import('../compose/policy-folder.ts')
  const checked = await checkPolicyFolder(configuration, configuration.policies)
  if (checked.ok) return []
  return checked.faults.map(({ file, line, column, pointer, code, message }) => ({
    file,
    line,
    column,
    path: pointer,
    code,
    message,
  }))
}

async function testSources(
  context: CliContext,
  configuration: Configuration,
): Promise<readonly LiveResult[]> {
  const { openSources } = await import('../compose/sources.ts')
  const open = openSources(configuration)
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(livePatience)])
  return Promise.all(
    Object.entries(configuration.sources).map(async ([name, { pushed }]) => {
      if (pushed) {
        const message = 'it is pushed: there is nothing to open'
        return { file: configuration.file, name, ok: null, message }
      }
      if (configuration.sample?.directory.source === name) {
        const message = 'the sample directory is there while "muster up" runs'
        return { file: configuration.file, name, ok: null, message }
      }
      try {
        const { ok, message } = await open(name).test(signal)
        return { file: configuration.file, name, ok, message }
      } catch (fault) {
        // Only the signal's own end comes here: a source answers its faults.
        const message = fault instanceof Error ? fault.message : String(fault)
        return { file: configuration.file, name, ok: false, message }
      }
    }),
  )
}

async function reportCheck(
  context: CliContext,
  found: readonly CheckFault[],
  live: readonly LiveResult[],
): Promise<void> {
  const { io, globals } = context
  const refused = live.filter(({ ok }) => ok === false)
  context.exitCode = exitCodeOf(found, refused)
  if (globals.json) {
    const faults = [...found, ...refused.map(sourceFault)]
    return writeJson(io.out, { ok: faults.length === 0, faults, ...(live.length > 0 && { sources: live }) })
  }
  if (found.length > 0) await writeLines(io.err, describeFaults(found).split('\n'))
  const tested = live.map(({ name, ok, message }) => `source ${name}: ${liveWords(ok)}, ${message}`)
  const verdict = found.length === 0 ? 'Configuration and policies have no fault.' : countFaults(found.length)
  await writeLines(io.out, [...tested, verdict])
}

/** A fault of what is written is 2; a source that refuses while everything is written well is 1. */
function exitCodeOf(found: readonly CheckFault[], refused: readonly LiveResult[]): ExitCode {
  if (found.length > 0) return 2
  return refused.length > 0 ? 1 : 0
}

function sourceFault({ file, name, message }: LiveResult): CheckFault {
  return { file, line: null, column: null, path: `sources.${name}`, code: 'source-refused', message }
}

function liveWords(ok: boolean | null): string {
  if (ok === null) return 'not opened'
  return ok ? 'ok' : 'FAILED'
}

function countFaults(count: number): string {
  return count === 1 ? '1 fault.' : `${count} faults.`
}
