import type { Command } from 'commander'
import type { StoreStatus, TemporalStatus } from '../../domain/status-view.ts'
import { readStatus, readVersions, type StoreVersions } from '../../store/read/status.ts'
import type { CliContext } from '../context.ts'
import { openTable } from '../output/table.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { withStore } from '../with-store.ts'
import { runColumns } from './runs.ts'
import { sourceColumns } from './sources.ts'

/** `muster status` */
export function registerStatus(program: Command, context: CliContext): void {
  program
    .command('status')
    .description('sources, newest runs, what is due or held, queues and versions')
    .action(() =>
      withStore(context, async ({ database }) => {
        const [store, versions, temporal] = await Promise.all([
          readStatus(database),
          readVersions(database),
          context.describeTemporal(),
        ])
        const status = {
          ...store,
          temporal,
          versions: { muster: context.version, node: process.versions.node, ...versions },
        }
        await (context.globals.json
          ? writeJson(context.io.out, status)
          : writeLines(context.io.out, describeStatus(status)))
      }),
    )
}

interface Status extends StoreStatus {
  readonly temporal: TemporalStatus | null
  readonly versions: StoreVersions & { readonly muster: string; readonly node: string }
}

function describeStatus(status: Status): readonly string[] {
  const { identities, due, held, policySet, versions } = status
  return [
    `identities   ${identities.total}, ${identities.active} active`,
    `rights       ${listCounts(status.rights)}`,
    `enrollments  ${listCounts(status.enrollments)}`,
    `due          ${due.total}${due.oldest === null ? '' : `, the oldest since ${due.oldest}`}`,
    `held         ${held.total}${held.runs.map((run) => `\n             muster runs show ${run}`).join('')}`,
    `policies     ${policySet === null ? 'none in force: muster policies load' : `${policySet.id} since ${policySet.since}`}`,
    `audit        ${describeSealing(status.audit)}`,
    `queue        ${describeQueue(status.temporal)}`,
    `versions     muster ${versions.muster}, node ${versions.node}, PostgreSQL ${versions.postgres}, schema ${versions.schema ?? 'none'}`,
    '',
    ...openTable(sourceColumns).format(status.sources),
    '',
    ...openTable(runColumns).format(status.lastRuns),
  ].flatMap((line) => line.split('\n'))
}

function describeSealing({ seal, sealedAt, unsealed, unsealedSince }: StoreStatus['audit']): string {
  const waiting = `${unsealed} events not sealed yet${unsealedSince === null ? '' : `, since ${unsealedSince}`}`
  return seal === null ? waiting : `seal ${seal} of ${sealedAt}, ${waiting}`
}

function describeQueue(temporal: TemporalStatus | null): string {
  if (temporal === null) return 'Temporal does not answer'
  const { queue, address, version } = temporal
  const workers = Math.max(queue.pollers.workflows, queue.pollers.activities)
  return `${queue.backlog} tasks wait, ${workers} workers (Temporal ${version} at ${address})`
}

function listCounts(counts: Readonly<Record<string, number>>): string {
  return (
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  )
}
