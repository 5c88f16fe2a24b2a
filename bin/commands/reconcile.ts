import type { Command } from 'commander'
import { MusterError } from '../../domain/error.ts'
import { requireReadableSource } from '../../store/read/readable-source.ts'
import { getRun } from '../../store/read/runs.ts'
import type { Store } from '../../store/store.ts'
import type { ReconcileRequest } from '../../workflows/messages.ts'
import type { RootContext } from '../create-context.ts'
import { describeRun } from '../output/run-report.ts'
import { exitCodeOf } from './up.ts'

interface ReconcileOptions {
  readonly full?: boolean
  readonly changes?: boolean
  readonly wait?: boolean
}

/** `muster reconcile SOURCE`: starts a run, or joins the one that goes on. */
export function registerReconcile(program: Command, context: RootContext): void {
  program
    .command('reconcile')
    .argument('<source>', 'a source of the configuration')
    .description('read a source now (or join the run that goes on)')
    .option('--full', 'read everything (the default)')
    .option('--changes', 'read what changed only (sources of type scim-pull)')
    .option('--wait', 'wait for the end, and exit with what became of it')
    .action(async (source: string, options: ReconcileOptions) => {
      if (options.full === true && options.changes === true)
        throw new MusterError('usage', 'A run reads everything (--full) or changes (--changes), not both.')
      const kind = options.changes === true ? 'changes' : 'full'
      const opened = await context.openStore()
      try {
        await requireReadableSource(opened.database, source, kind)
        const run = await reconcile(context, opened.store, { source, kind }, options.wait === true)
        if (context.globals.json) context.io.out.write(`${JSON.stringify(run, null, 2)}\n`)
        else if (run.status === 'running')
          context.io.out.write(`Run ${run.id} of ${source} goes on. Follow it: muster runs show ${run.id}\n`)
        else for (const line of describeRun(run)) context.io.out.write(`${line}\n`)
        context.exitCode = run.status === 'running' ? 0 : exitCodeOf(run)
      } finally {
        await opened.close()
      }
    })
}

async function reconcile(
  context: RootContext,
  store: Store,
  asked: Pick<ReconcileRequest, 'source' | 'kind'>,
  wait: boolean,
) {
  const { requestRun, waitForRun } = await import('../compose/request-run.ts')
  const requestedBy = context.actor
  const runId = await context.withTemporal((client) => requestRun(client, { ...asked, requestedBy }))
  return wait ? waitForRun(store, runId) : getRun(store.database, runId)
}
