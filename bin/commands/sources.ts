import type { Command } from 'commander'
import { describeLinkFault } from '../../domain/link-fault.ts'
import type { ConnectionView, RefusalView, SourceDetail, SourceView } from '../../domain/source-view.ts'
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
    ...(source.connection === null ? describeReads(source) : describeConnection(source.connection)),
    `records: ${records.total}, ${records.notLinked} not linked, ${records.missing} missing`,
    ...source.faults.map(
      ({ code, message, where }) => `fault: ${where === null ? '' : `${where}: `}${message} (${code})`,
    ),
  ])
  await writeRefusals(io, source.lastRefusals)
  if (source.notLinked.length === 0) return
  const table = openTable<SourceDetail['notLinked'][number]>([
    { title: 'NOT LINKED', value: ({ externalId }) => `${source.name}:${externalId}` },
    { title: 'WHY', value: ({ fault }) => (fault === null ? null : describeLinkFault(fault)) },
    { title: 'SINCE', value: ({ changedAt }) => changedAt },
  ])
  await writeLines(io.out, ['', ...table.format(source.notLinked)])
}

function describeReads({ lastProvedAt, lastRun }: SourceDetail): readonly string[] {
  return [`last proved read: ${lastProvedAt ?? 'none'}`, `newest run: ${lastRun ?? 'none'}`]
}

function describeConnection(connection: ConnectionView): readonly string[] {
  const { people, groups, due, lastRequestAt, requests, refused } = connection
  const kinds = Object.entries(refused).map(([kind, count]) => `${count} × ${kind}`)
  return [
    `last request: ${lastRequestAt ?? 'none'}`,
    `requests: ${requests}, refused: ${kinds.join(', ') || 'none'}`,
    `people: ${people}, ${due} due; groups: ${groups}`,
  ]
}

async function writeRefusals(io: CliContext['io'], refusals: readonly RefusalView[]): Promise<void> {
  if (refusals.length === 0) return
  const table = openTable<RefusalView>([
    { title: 'REFUSED', value: ({ at }) => at },
    { title: 'REQUEST', value: ({ method, path }) => `${method} ${path}` },
    { title: 'STATUS', value: ({ status }) => status },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'WHY', value: ({ detail }) => detail },
  ])
  await writeLines(io.out, ['', ...table.format(refusals)])
}
