import { type Command, InvalidArgumentError } from 'commander'
import { sealAudit } from '../../application/audit/seal-audit.ts'
import { verifyAudit } from '../../application/audit/verify-audit.ts'
import type { AuditFault, AuditVerdict, PinnedSeal } from '../../domain/audit-seal.ts'
import { parseTime } from '../arguments/parse-time.ts'
import type { CliContext } from '../context.ts'
import { writeJson, writeLines } from '../output/write.ts'
import { withStore } from '../with-store.ts'

/** Milliseconds that `muster audit seal` waits for transactions that write events. */
const sealPatience = 30_000

/** `muster audit seal` */
export function registerSeal(audit: Command, context: CliContext): void {
  audit
    .command('seal')
    .description(
      'seals what is not sealed yet; prints the newest seal, to be kept where nobody of the database is',
    )
    .action(() =>
      withStore(context, async ({ store }) => {
        const { seals, events, whole } = await sealAudit({ store, clock: context.clock }, sealPatience)
        const head = await store.seals.readHead(store.database)
        if (!whole) {
          context.exitCode = 4
          await writeLines(context.io.err, ['Somebody is still writing: what came last is not sealed yet.'])
        }
        const pin = head && { number: head.number, hash: head.hash, sealedAt: head.sealedAt.toISOString() }
        if (context.globals.json) return writeJson(context.io.out, { seals, events, whole, head: pin })
        return writeLines(context.io.out, [
          `${events} events were sealed now.`,
          pin === null ? 'Nothing is sealed.' : `Newest seal: ${pin.number}:${pin.hash} of ${pin.sealedAt}`,
        ])
      }),
    )
}

/** `muster audit verify [--since T] [--seal NUMBER:HASH …]` */
export function registerVerify(audit: Command, context: CliContext): void {
  audit
    .command('verify')
    .description(
      'computes the seals again and names every event or seal that is not as it was sealed; 1 then',
    )
    .option(
      '--since <time>',
      'only what is of this time or later: RFC 3339, a date, or a length of time such as 12h',
      parseTime(context.clock, 'past'),
    )
    .option('--seal <number:hash>', 'a seal that must be there; may be given again', parseSeal, [])
    .action(({ since, seal: pins }: { readonly since?: string; readonly seal: readonly PinnedSeal[] }) =>
      withStore(context, async ({ store }) => {
        const faults: AuditFault[] = []
        const { json } = context.globals
        const verdict = await verifyAudit(store, {
          since: since === undefined ? null : new Date(since),
          pins,
          signal: context.signal,
          onFault: async (fault) => {
            if (json) {
              if (faults.length < mostFaults) faults.push(fault)
            } else await writeLines(context.io.out, [describeFault(fault)])
          },
        })
        if (!verdict.ok) context.exitCode = 1
        if (json) return writeJson(context.io.out, { ...verdict, faults })
        return writeLines(context.io.out, [describeVerdict(verdict)])
      }),
    )
}

/** Faults in one JSON document; without `--json` all of them are told. */
const mostFaults = 1000

function parseSeal(text: string, former: readonly PinnedSeal[]): readonly PinnedSeal[] {
  const [, number, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  if (number === undefined || hash === undefined)
    throw new InvalidArgumentError('Expected NUMBER:HASH, as "muster audit seal" prints it.')
  return [...former, { number: Number(number), hash }]
}

const words: Readonly<Record<AuditFault['kind'], string>> = {
  'event-changed': 'this event is not as it was sealed',
  'event-missing': 'this event was sealed and is missing',
  'event-inserted': 'this event came in after the sealing',
  'seal-changed': 'this seal is not as it was made, or does not follow the one before',
  'seal-missing': 'this seal is missing',
  'summary-changed': 'the summary of what was removed is not what the removal says',
  'pin-missing': 'this seal is not the one that was named',
}

function describeFault({ kind, seal, event }: AuditFault): string {
  return `seal ${seal}${event === null ? '' : `  event ${event}`}  ${kind}: ${words[kind]}`
}

function describeVerdict({ ok, seals, events, unsealed, removed, head }: AuditVerdict): string {
  return [
    ok ? 'Everything is as it was sealed:' : 'Not everything is as it was sealed:',
    `${events} events in ${seals} seals,`,
    `${unsealed} not sealed yet${removed === 0 ? '' : `, ${removed} removed by retention`}.`,
    head === null ? '' : `Newest seal: ${head.number}:${head.hash} of ${head.sealedAt}`,
  ].join(' ')
}
