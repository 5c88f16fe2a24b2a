import type { Command } from 'commander'
import type { CorrelationWord } from '../../application/override-correlation.ts'
import type { Filter } from '../../domain/filter.ts'
import type { IdentityView } from '../../domain/identity-view.ts'
import { findIdentity } from '../../store/read/find-identity.ts'
import { findRecord } from '../../store/read/find-record.ts'
import { countIdentities, getIdentity, readIdentities } from '../../store/read/identities.ts'
import { requireSource } from '../../store/read/sources.ts'
import { parseLimit } from '../arguments/parse-limit.ts'
import { parseRecord, type RecordName } from '../arguments/parse-record.ts'
import type { CliContext } from '../context.ts'
import { describeIdentity } from '../output/describe-identity.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { type ListOutput, writeList } from '../output/write-list.ts'
import { revealTo } from '../reveal.ts'
import { wakeWorkflows } from '../wake.ts'
import { withStore } from '../with-store.ts'

/** `muster identities [list] [--filter SCIM] [--limit N] | show WHO | link|unlink WHO SOURCE:externalId` */
export function registerIdentities(program: Command, context: CliContext): void {
  const identities = program.command('identities').description('the people who are looked after')
  identities
    .command('list', { isDefault: true })
    .description('identities, newest first')
    .option('--filter <scim>', `a SCIM filter, as in 'userType eq "employee" and department sw "Field"'`)
    .option('--limit <n>', 'the most that are shown; 0 for all', parseLimit, 100)
    .option('--reveal', 'show addresses unmasked; every look is written into the audit trail')
    .action((options: ListOptions) => listIdentities(context, options))
  identities
    .command('show <who>')
    .description('one identity by its id, userName or SOURCE:externalId')
    .option('--reveal', 'show addresses unmasked; the look is written into the audit trail')
    .action((who: string, options: { readonly reveal?: boolean }) =>
      withStore(context, async ({ database }) => {
        const id = await findIdentity(database, who)
        await showIdentity(context, await getIdentity(database, id, revealTo(context, options)))
      }),
    )
  addWord(identities, context, 'link', 'ties a record to this identity; no run takes it away again')
  addWord(identities, context, 'unlink', 'takes a record from this identity, for good')
}

interface ListOptions {
  readonly filter?: string
  readonly limit: number
  readonly reveal?: boolean
}

function listIdentities(context: CliContext, options: ListOptions): Promise<void> {
  return withStore(context, async ({ database }) => {
    const filter = options.filter === undefined ? null : await readFilter(context, options.filter)
    const list = { filter, limit: options.limit, reveal: revealTo(context, options) }
    await writeList(context, {
      name: 'identities',
      total: await countIdentities(database, filter),
      batches: readIdentities(database, list),
      columns: identityColumns,
    })
  })
}

/** The configuration says which custom attributes there are, so it is read only where a filter may name one. */
async function readFilter(context: CliContext, text: string): Promise<Filter> {
  const { parseFilter } = await import('../../policies/filter/parse-filter.ts')
  const { attributes } = await context.loadConfiguration()
  return parseFilter(text, attributes)
}

function addWord(
  identities: Command,
  context: CliContext,
  kind: CorrelationWord['kind'],
  description: string,
): void {
  identities
    .command(kind)
    .description(description)
    .argument('<who>', 'id, userName or SOURCE:externalId')
    .argument('<record>', 'SOURCE:externalId', parseRecord)
    .option('--reason <text>', 'why, for the audit trail')
    .action((who: string, record: RecordName, { reason }: { readonly reason?: string }) =>
      overrideCorrelation(context, { who, record, kind, reason: reason ?? null }),
    )
}

interface Word {
  readonly who: string
  readonly record: RecordName
  readonly kind: CorrelationWord['kind']
  readonly reason: string | null
}

async function overrideCorrelation(context: CliContext, { who, record, kind, reason }: Word): Promise<void> {
  const application = await import('../../application/override-correlation.ts')
  const { derivationOf } = await import('../compose/derivation.ts')
  const { v7: newId } = await import('uuid')
  const derivation = derivationOf(await context.loadConfiguration())
  await withStore(context, async ({ database, store }) => {
    await requireSource(database, record.source)
    const identityId = await findIdentity(database, who)
    const { clock, actor } = context
    const { source } = record
    const externalId = await findRecord(database, record)
    await application.overrideCorrelation(
      { store, clock, newId: () => newId(), derivation },
      { kind, source, externalId, identityId, actor, reason },
    )
    await wakeWorkflows(context, { what: 'drain' })
    await showIdentity(context, await getIdentity(database, identityId, null))
  })
}

function showIdentity({ io, globals }: CliContext, identity: IdentityView): Promise<void> {
  return globals.json ? writeJson(io.out, identity) : writeLines(io.out, describeIdentity(identity))
}

const identityColumns: ListOutput<IdentityView>['columns'] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'USERNAME', value: ({ userName }) => userName },
  { title: 'STATE', value: ({ active }) => (active ? 'active' : 'inactive') },
  { title: 'SOURCES', value: ({ records }) => [...new Set(records.map(({ source }) => source))].join(',') },
  { title: 'RIGHTS', value: ({ rights }) => listEffective(rights) },
  { title: 'USABLE', value: ({ enrollments }) => enrollments.filter(({ usable }) => usable).length },
  { title: 'ENROLLED', value: ({ enrollments }) => enrollments.length },
  { title: 'UNUSABLE', value: ({ unusable }) => unusable.length },
]

function listEffective(rights: IdentityView['rights']): string {
  return rights
    .filter(({ effective }) => effective)
    .map(({ factor }) => factor)
    .join(',')
}
