import type { Command } from 'commander'
import { MusterError } from '../../domain/error.ts'
import type { Run } from '../../domain/run.ts'
import type { ExitCode } from '../context.ts'
import type { RootContext } from '../create-context.ts'
import { openDiagnostics } from '../open-diagnostics.ts'

/** `muster up`: the embedded stack. */
export function registerUp(program: Command, context: RootContext): void {
  program
    .command('up')
    .description('start the embedded stack: PostgreSQL, Temporal, worker, server, sample directory')
    .option('--once', 'reconcile every source, print the report and end', false)
    .action(async ({ once }: { readonly once: boolean }) => {
      const configuration = await context.loadConfiguration()
      if (configuration.mode !== 'embedded') {
        throw new MusterError(
          'usage',
          `${configuration.file} says "mode: production". "muster up" runs the embedded stack only: a production installation runs "muster migrate", "muster worker" and "muster server".`,
        )
      }
      const { runUp } = await import('../compose/run-up.ts')
      const { out, err } = context.io
      const { json, data } = context.globals
      const { environment, version } = context
      const { level } = configuration.log
      const { runs, broken } = await runUp({
        configuration,
        dataDirectory: data,
        environment,
        version,
        ...(await openDiagnostics({
          ...{ component: 'up', environment, version },
          level: level === 'info' ? 'warn' : level,
        })),
        once,
        interrupted: context.signal,
        onProgress: (line) => err.write(`${line}\n`),
        say: (line) => (json ? err : out).write(`${line}\n`),
      })
      if (json) out.write(`${JSON.stringify({ runs }, null, 2)}\n`)
      if (broken !== null) throw new MusterError('internal', broken)
      context.exitCode = Math.max(0, ...runs.map(exitCodeOf)) as ExitCode
    })
}

/** What a script learns of a run: 1 failed, 3 held, 4 done but not wholly. */
export function exitCodeOf({ status, read, effects }: Run): ExitCode {
  if (status === 'failed' || status === 'cancelled') return 1
  if (status === 'held') return 3
  return read?.complete === false || effects.failed > 0 ? 4 : 0
}
