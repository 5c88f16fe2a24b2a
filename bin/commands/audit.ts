import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { AuditEventView } from '../../domain/audit-view.ts'
import type { Database } from '../../store/database.ts'
import { type AuditQuery, followAuditEvents, readAuditEvents } from '../../store/read/audit-events.ts'
import { findIdentity } from '../../store/read/find-identity.ts'
import { parseLimit } from '../arguments/parse-limit.ts'
import { parseTime } from '../arguments/parse-time.ts'
import type { CliContext } from '../context.ts'
import { describeEvent } from '../output/describe-event.ts'
import { writeLines } from '../output/write.ts'
import { withStore } from '../with-store.ts'
import { registerSeal, registerVerify } from './audit-chain.ts'

/** `muster audit [list] [--who WHO] [--since T] [--follow]` and its other verbs */
export function registerAudit(program: Command, context: CliContext): void {
  const audit = program.command('audit').description('who did what, on whom, why and when; and its seals')
  audit
    .command('list', { isDefault: true })
    .description('events, newest first; with --json one document a line')
    .option('--who <who>', 'only on this identity: id, userName or SOURCE:externalId')
    .option(
      '--since <time>',
      'RFC 3339, a date, or a length of time such as 12h',
      parseTime(context.clock, 'past'),
    )
    .option(
      '--limit <n>',
      'the most that are shown; 0 for all (default: 100, 0 with --since, 10 with --follow)',
      parseLimit,
    )
    .option('--oldest-first', 'in the order in which it happened')
    .option('--follow', 'then wait for what happens, until Ctrl-C')
    .action((options: AuditOptions) =>
      withStore(context, async ({ database }) => {
        const identity = options.who === undefined ? null : await findIdentity(database, options.who)
        const query = { identity, since: options.since ?? null }
        await (options.follow === true
          ? followEvents(context, database, query, options.limit ?? 10)
          : listEvents(context, database, query, options))
      }),
    )
  registerSeal(audit, context)
  registerVerify(audit, context)
}

interface AuditOptions {
  readonly who?: string
  readonly since?: string
  readonly limit?: number
  readonly oldestFirst?: boolean
  readonly follow?: boolean
}

/** Milliseconds between two looks at what is new. */
const lookEvery = 1000

async function listEvents(
  context: CliContext,
  database: Database,
  query: AuditQuery,
  { limit, oldestFirst, since }: AuditOptions,
): Promise<void> {
  const order = oldestFirst === true ? 'oldest-first' : 'newest-first'
  const list = { ...query, limit: limit ?? (since === undefined ? 100 : 0), order } as const
  for await (const events of readAuditEvents(database, list)) await writeEvents(context, events)
}

/** The last events in the order in which they happened, then every new one. */
async function followEvents(
  context: CliContext,
  database: Database,
  query: AuditQuery,
  limit: number,
): Promise<void> {
  // What is committed from here on is followed, so nothing falls between the list and the first look.
  const readNew = followAuditEvents(database, query)
  await readNew()
  const last: AuditEventView[] = []
  const newest = readAuditEvents(database, { ...query, limit, order: 'newest-first' })
  for await (const events of newest) last.push(...events)
  const shown = new Set(last.map(({ id }) => id))
  await writeEvents(context, last.reverse())
  while (!context.signal.aborted) {
    await writeEvents(
      context,
      (await readNew()).filter(({ id }) => !shown.has(id)),
    )
    await delay(lookEvery, undefined, { signal: context.signal }).catch(() => undefined)
  }
}

function writeEvents({ io, globals }: CliContext, events: readonly AuditEventView[]): Promise<void> {
  return writeLines(
    io.out,
    events.map((event) => (globals.json ? JSON.stringify(event) : describeEvent(event))),
  )
}
