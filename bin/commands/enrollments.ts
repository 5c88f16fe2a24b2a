import type { Command } from 'commander'
import type { EnrollmentChange } from '../../application/change-enrollment.ts'
import { type EnrollmentStatus, enrollmentStatuses } from '../../domain/enrollment.ts'
import { type Factor, factors } from '../../domain/factor.ts'
import type { ListedEnrollment } from '../../domain/identity-view.ts'
import { countEnrollments, getEnrollment, readEnrollments } from '../../store/read/enrollments.ts'
import { findIdentity } from '../../store/read/find-identity.ts'
import { parseChoice } from '../arguments/parse-choice.ts'
import { parseCountry } from '../arguments/parse-country.ts'
import { parseLimit } from '../arguments/parse-limit.ts'
import type { CliContext } from '../context.ts'
import { describeEnrollment } from '../output/describe-identity.ts'
import { writeEnrollmentCsv } from '../output/enrollment-csv.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { type ListOutput, writeList } from '../output/write-list.ts'
import { revealTo } from '../reveal.ts'
import { wakeWorkflows } from '../wake.ts'
import { withStore } from '../with-store.ts'
import { registerEnrollmentTest } from './enrollments-test.ts'

/** `muster enrollments [list] [--who WHO] [--status S] [--csv FILE] | add WHO FACTOR ADDRESS | test|disable|… ID` */
export function registerEnrollments(program: Command, context: CliContext): void {
  const enrollments = program.command('enrollments').description('addresses bound to identities')
  enrollments
    .command('list', { isDefault: true })
    .description('enrollments, newest first')
    .option('--who <who>', 'only of this identity: id, userName or SOURCE:externalId')
    .option(
      '--status <status>',
      `only these: ${enrollmentStatuses.join(', ')}`,
      parseChoice('status', enrollmentStatuses),
    )
    .option('--limit <n>', 'the most that are shown; 0 for all', parseLimit, 100)
    .option('--csv <file>', 'write all of them into a CSV file instead')
    .option('--reveal', 'show addresses unmasked; every look is written into the audit trail')
    .action((options: ListOptions) => listEnrollments(context, options))
  enrollments
    .command('add')
    .description("enrolls an address that an administrator vouches for, out of the policies' reach")
    .argument('<who>', 'id, userName or SOURCE:externalId')
    .argument('<factor>', factors.join(' or '), parseChoice('factor', factors))
    .argument('<address>', 'a mailbox, or a number with its country code')
    .option('--country <code>', 'of a number without country code, as in DE', parseCountry)
    .option('--reason <text>', 'why, for the audit trail')
    .action((who: string, factor: Factor, address: string, options: AddOptions) =>
      addEnrollment(context, { who, factor, address, ...options }),
    )
  registerEnrollmentTest(enrollments, context)
  for (const [change, description] of changes) addChange(enrollments, context, change, description)
}

const changes: readonly (readonly [EnrollmentChange['change'], string])[] = [
  ['disable', 'switches an address off, until an administrator enables it'],
  ['enable', 'switches an address on again'],
  ['unlock', 'lets an address be used again after too many wrong codes'],
  ['remove', 'removes an address; no policy brings it back'],
]

interface ListOptions {
  readonly who?: string
  readonly status?: EnrollmentStatus
  readonly limit: number
  readonly csv?: string
  readonly reveal?: boolean
}

interface AddOptions {
  readonly country?: string
  readonly reason?: string
}

function addChange(
  enrollments: Command,
  context: CliContext,
  change: EnrollmentChange['change'],
  description: string,
): void {
  enrollments
    .command(`${change} <id>`)
    .description(description)
    .option('--reason <text>', 'why, for the audit trail')
    .action((id: string, { reason }: { readonly reason?: string }) =>
      changeEnrollment(context, id, change, reason ?? null),
    )
}

function listEnrollments(context: CliContext, options: ListOptions): Promise<void> {
  return withStore(context, async ({ database }) => {
    const identity = options.who === undefined ? null : await findIdentity(database, options.who)
    const query = { identity, status: options.status ?? null }
    const reveal = revealTo(context, options)
    if (options.csv !== undefined) {
      const batches = readEnrollments(database, { ...query, limit: 0, reveal })
      return reportCsv(context, options.csv, await writeEnrollmentCsv(options.csv, batches))
    }
    return writeList(context, {
      name: 'enrollments',
      total: await countEnrollments(database, query),
      batches: readEnrollments(database, { ...query, limit: options.limit, reveal }),
      columns: enrollmentColumns,
    })
  })
}

function reportCsv({ io, globals }: CliContext, file: string, total: number): Promise<void> {
  if (globals.json) return writeJson(io.out, { total, file })
  return writeLines(io.out, [`${total} enrollments written to ${file}.`])
}

async function addEnrollment(
  context: CliContext,
  request: AddOptions & { readonly who: string; readonly factor: Factor; readonly address: string },
): Promise<void> {
  const application = await import('../../application/change-enrollment.ts')
  const { v7: newId } = await import('uuid')
  const { countries } = await context.loadConfiguration()
  await withStore(context, async ({ database, store }) => {
    const identityId = await findIdentity(database, request.who)
    const { clock, actor } = context
    const settings = {
      newId: () => newId(),
      country: request.country ?? null,
      countries: countries === null ? null : new Set(countries),
    }
    const { factor, address, reason } = request
    const wanted = { identityId, factor, address, actor, reason: reason ?? null }
    const id = await application.addEnrollment({ store, clock, settings }, wanted)
    await wakeWorkflows(context, { what: 'drain' })
    await showEnrollment(context, await getEnrollment(database, id, null))
  })
}

async function changeEnrollment(
  context: CliContext,
  enrollmentId: string,
  change: EnrollmentChange['change'],
  reason: string | null,
): Promise<void> {
  const application = await import('../../application/change-enrollment.ts')
  await withStore(context, async ({ database, store }) => {
    // Read first: of a removed one nothing is left to show.
    const before = await getEnrollment(database, enrollmentId, null)
    const { clock, actor } = context
    await application.changeEnrollment({ store, clock }, { enrollmentId: before.id, change, actor, reason })
    await wakeWorkflows(context, { what: 'drain' })
    if (change !== 'remove') return showEnrollment(context, await getEnrollment(database, before.id, null))
    return context.globals.json
      ? writeJson(context.io.out, { ...before, usable: false, removed: true })
      : writeLines(context.io.out, [
          `Removed ${before.address} (${before.factor}) of ${before.identity.userName ?? before.identity.id}.`,
        ])
  })
}

function showEnrollment({ io, globals }: CliContext, enrollment: ListedEnrollment): Promise<void> {
  return globals.json ? writeJson(io.out, enrollment) : writeLines(io.out, describeEnrollment(enrollment))
}

const enrollmentColumns: ListOutput<ListedEnrollment>['columns'] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'WHO', value: ({ identity }) => identity.userName ?? identity.id },
  { title: 'FACTOR', value: ({ factor }) => factor },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'WHY', value: ({ statusReason }) => statusReason },
  { title: 'PROOF', value: ({ proof }) => proof },
  { title: 'ORIGINS', value: ({ origins }) => origins.map(({ kind, policy }) => policy ?? kind).join(',') },
  { title: 'ENROLLED', value: ({ enrolledAt }) => enrolledAt },
  { title: 'LAST USED', value: ({ lastUsed }) => lastUsed?.at ?? null },
]
