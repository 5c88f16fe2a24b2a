import type { Command } from 'commander'
import type { HeldRunVerdict } from '../../application/decide-held-run.ts'
import { type Run, type RunStatus, runStatuses } from '../../domain/run.ts'
import { getRun, readRuns } from '../../store/read/runs.ts'
import { requireSource } from '../../store/read/sources.ts'
import { parseChoice } from '../arguments/parse-choice.ts'
import { parseLimit } from '../arguments/parse-limit.ts'
import type { CliContext } from '../context.ts'
import { describeRun } from '../output/run-report.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { type ListOutput, writeList } from '../output/write-list.ts'
import { wakeWorkflows } from '../wake.ts'
import { withStore } from '../with-store.ts'

/** `muster runs [list] [--source S] | show ID | approve|reject ID [--reason T]` */
export function registerRuns(program: Command, context: CliContext): void {
  const runs = program.command('runs').description('reconciliations of sources and roll-outs of policies')
  runs
    .command('list', { isDefault: true })
    .description('runs, newest first')
    .option('--source <source>', 'only of this source')
    .option('--status <status>', `only these: ${runStatuses.join(', ')}`, parseChoice('status', runStatuses))
    .option('--limit <n>', 'the most that are shown; 0 for all', parseLimit, 20)
    .action((options: ListOptions) => listRuns(context, options))
  runs
    .command('show <id>')
    .description('what one run read, changed, held and could not use')
    .action((id: string) =>
      withStore(context, async ({ database }) => showRun(context, await getRun(database, id))),
    )
  addVerdict(runs, context, 'approve', 'approved', 'lets a held run take away what its brake holds')
  addVerdict(runs, context, 'reject', 'rejected', 'drops what a held run would have taken away')
}

interface ListOptions {
  readonly source?: string
  readonly status?: RunStatus
  readonly limit: number
}

function addVerdict(
  runs: Command,
  context: CliContext,
  verb: string,
  verdict: HeldRunVerdict['verdict'],
  description: string,
): void {
  runs
    .command(`${verb} <id>`)
    .description(description)
    .option('--reason <text>', 'why, for the audit trail')
    .action((id: string, { reason }: { readonly reason?: string }) =>
      decideRun(context, id, verdict, reason ?? null),
    )
}

function listRuns(context: CliContext, { source, status, limit }: ListOptions): Promise<void> {
  return withStore(context, async ({ database }) => {
    if (source !== undefined) await requireSource(database, source)
    const list = { source: source ?? null, status: status ?? null, limit }
    await writeList(context, { name: 'runs', batches: readRuns(database, list), columns: runColumns })
  })
}

async function decideRun(
  context: CliContext,
  id: string,
  verdict: HeldRunVerdict['verdict'],
  reason: string | null,
): Promise<void> {
  const { decideHeldRun } = await import('../../application/decide-held-run.ts')
  await withStore(context, async ({ database, store }) => {
    const { id: runId } = await getRun(database, id)
    const { clock, actor } = context
    await decideHeldRun({ store, clock }, { runId, verdict, actor, reason })
    if (verdict === 'approved') await wakeWorkflows(context, { what: 'settle', runId })
    await showRun(context, await getRun(database, runId))
  })
}

function showRun({ io, globals }: CliContext, run: Run): Promise<void> {
  return globals.json
    ? writeJson(io.out, run)
    : writeLines(io.out, [`run ${run.id}`, ...describeRun(run, 'whole')])
}

/** The table of runs, shared with `muster status`. */
export const runColumns: ListOutput<Run>['columns'] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'SOURCE', value: ({ source }) => source ?? '(policies)' },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'STATUS', value: ({ status }) => status },
  {
    title: 'PROOF',
    value: ({ read }) =>
      read === null ? null : read.complete ? 'complete' : (read.why?.code ?? 'incomplete'),
  },
  { title: 'STARTED', value: ({ startedAt }) => startedAt },
  { title: 'SECONDS', value: ({ seconds, endedAt }) => (endedAt === null ? null : seconds.total.toFixed(1)) },
  { title: 'ENTRIES', value: ({ read }) => read?.entries ?? null },
  { title: 'ENROLLED', value: ({ effects }) => effects.enrolled },
  { title: 'HELD', value: ({ effects }) => effects.held },
]
