import type { Command } from 'commander'
import { MusterError } from '../../domain/error.ts'
import type { ProcessEnd, ProcessOptions } from '../compose/production-process.ts'
import type { RootContext } from '../create-context.ts'
import { openDiagnostics } from '../open-diagnostics.ts'

/** `muster server`: the HTTP server of a production installation. */
export function registerServer(program: Command, context: RootContext): void {
  program
    .command('server')
    .description('serve the API and SCIM (production): challenges, pushes, operators')
    .action(async () => {
      const options = await prepare(context, 'server')
      const { runServer } = await import('../compose/run-server.ts')
      endWith(context, await runServer(options))
    })
}

/** `muster worker`: the worker of a production installation. */
export function registerWorker(program: Command, context: RootContext): void {
  program
    .command('worker')
    .description('run reconciliations, roll-outs and deliveries (production)')
    .action(async () => {
      const options = await prepare(context, 'worker')
      const { runWorker } = await import('../compose/run-worker.ts')
      endWith(context, await runWorker(options))
    })
}

async function prepare(context: RootContext, component: 'server' | 'worker'): Promise<ProcessOptions> {
  const configuration = await context.loadConfiguration()
  if (configuration.mode !== 'production') {
    const message = `"muster ${component}" needs a configuration that says "mode: production", with database and temporal; ${configuration.file} does not. The embedded stack is "muster up".`
    throw new MusterError('usage', message)
  }
  const { environment, version } = context
  return {
    configuration,
    ...(await openDiagnostics({ level: configuration.log.level, component, environment, version })),
    version,
    interrupted: context.signal,
    reload: () => context.checkConfiguration(),
  }
}

/** What did not end in time would hold the process: it is cut off. */
function endWith(context: RootContext, end: ProcessEnd): void {
  context.exitCode = end === 'done' ? 0 : 1
  if (end === 'late') process.exit(1)
}
