import type { Command } from 'commander'
import { describeLinkFault } from '../../domain/link-fault.ts'
import type { SourceDetail, SourceView } from '../../domain/source-view.ts'
import { getSource, listSources } from '../../store/read/sources.ts'
import type { CliContext } from '../context.ts'
import { openTable } from '../output/table.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { type ListOutput, writeList } from '../output/write-list.ts'
import { withStore } from '../with-store.ts'

/** `muster sources [list] | show S` */
export function registerSources(program: Command, context: CliContext): void {
  const sources = program.command('sources').description('systems of record that identities are read from')
  sources
    .command('list', { isDefault: true })
    .description('state, newest proved read, records and faults of every source')
    .action(() => withStore(context, async ({ database }) => listAll(context, await listSources(database))))
  sources
    .command('show <source>')
    .description('one source, with its faults and the records that are linked to nobody')
    .action((name: string) =>
      withStore(context, async ({ database }) => showOne(context, await getSource(database, name))),
    )
}

function listAll(context: CliContext, sources: readonly SourceView[]): Promise<void> {
  return writeList(context, { name: 'sources', batches: [sources], columns: sourceColumns })
}

/** The table of sources, shared with `muster status`. */
export const sourceColumns: ListOutput<SourceView>['columns'] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'LAST PROVED', value: ({ lastProvedAt }) => lastProvedAt },
  { title: 'RECORDS', value: ({ records }) => records.total },
  { title: 'NOT LINKED', value: ({ records }) => records.notLinked },
  { title: 'MISSING', value: ({ records }) => records.missing },
  { title: 'FAULTS', value: ({ faults }) => faults.length },
]

async function showOne({ io, globals }: CliContext, source: SourceDetail): Promise<void> {
  if (globals.json) return writeJson(io.out, source)
  const { records } = source
  await writeLines(io.out, [
    `${source.name} (${source.type}): ${source.state}`,
    `last proved read: ${source.lastProvedAt ?? 'none'}`,
    `newest run: ${source.lastRun ?? 'none'}`,
    `records: ${records.total}, ${records.notLinked} not linked, ${records.missing} missing`,
    ...source.faults.map(
      ({ code, message, where }) => `fault: ${where === null ? '' : `${where}: `}${message} (${code})`,
    ),
  ])
  if (source.notLinked.length === 0) return
  const table = openTable<SourceDetail['notLinked'][number]>([
    { title: 'NOT LINKED', value: ({ externalId }) => `${source.name}:${externalId}` },
    { title: 'WHY', value: ({ fault }) => (fault === null ? null : describeLinkFault(fault)) },
    { title: 'SINCE', value: ({ changedAt }) => changedAt },
  ])
  await writeLines(io.out, ['', ...table.format(source.notLinked)])
}
