import { z } from 'zod'
import { unusableReasons } from '../../domain/address.ts'
import { runKinds, runStatuses } from '../../domain/run.ts'
import { sourceStates } from '../../domain/source-view.ts'
import { id, time } from './shapes.ts'

/** Runs and sources as they are answered (interfaces page, section 2). */

const count = z.int()

function counts<Name extends string>(...names: readonly Name[]) {
  return z.strictObject(
    Object.fromEntries(names.map((name) => [name, count])) as { readonly [Key in Name]: typeof count },
  )
}

const fault = z.strictObject({ code: z.string(), message: z.string() })

const read = z
  .strictObject({
    complete: z.boolean().describe('Whether there is a proof that everything was read.'),
    why: fault.nullable().describe('Why there is no proof.'),
    entries: count,
    pages: count,
    references: count,
    server: z.string().nullable(),
    groups: z
      .strictObject({ complete: z.boolean(), entries: count, unresolvedMembers: count })
      .nullable()
      .describe('null: no groups are read.'),
    problems: z.array(fault.extend({ where: z.string() })).describe('The first hundred.'),
    problemCount: count,
  })
  .nullable()
  .describe('How the read ended; null: not yet, or nothing is read.')

const brake = z.strictObject({
  name: z.literal('takenAway'),
  limit: z.strictObject({ percent: z.number(), atLeast: count }),
  wouldBe: count,
  of: count,
  verdict: z
    .strictObject({
      kind: z.enum(['approved', 'rejected']),
      by: z.string(),
      at: time,
      reason: z.string().nullable(),
    })
    .nullable(),
})

const seconds = z.number()

export const run = z
  .strictObject({
    id,
    source: z.string().nullable().describe('null: the roll-out of a policy set.'),
    kind: z.enum(runKinds),
    status: z.enum(runStatuses),
    startedAt: time,
    endedAt: time.nullable(),
    read,
    records: counts('added', 'changed', 'unchanged', 'missing', 'returned', 'notLinked'),
    identities: counts('created', 'changed', 'deactivated', 'reactivated'),
    effects: counts(
      ...(['rightsGranted', 'rightsRevoked', 'enrolled', 'replaced', 'suspended'] as const),
      ...(['resumed', 'removed', 'held', 'failed'] as const),
    ),
    brakes: z.array(brake).describe('Those that tripped.'),
    unusable: z.partialRecord(z.enum(unusableReasons), count).describe('Values, by the reason.'),
    seconds: z.strictObject({
      ...{ read: seconds, stage: seconds, decide: seconds, apply: seconds, total: seconds },
    }),
    fault: fault.nullable().describe('Why it failed or was cancelled.'),
  })
  .meta({ id: 'Run', description: 'One reconciliation of one source, or the roll-out of a policy set.' })

const source = z
  .strictObject({
    name: z.string(),
    type: z.string(),
    state: z.enum(sourceStates).describe('How it stands.'),
    lastProvedAt: time.nullable(),
    lastRun: id.nullable(),
    records: counts('total', 'notLinked', 'missing'),
    faults: z.array(fault.extend({ where: z.string().nullable() })).describe('Of the newest run.'),
    connection: z
      .strictObject({
        ...{ people: count, groups: count, due: count, requests: count },
        lastRequestAt: time.nullable(),
        refused: z.record(z.string(), count).describe('Refused requests, by kind.'),
      })
      .nullable()
      .describe('What is pushed through a SCIM connection; null for a source that is read.'),
  })
  .meta({ id: 'Source', description: 'A system of record.' })

export const sources = z.array(source)

export const sourceDetail = source
  .extend({
    notLinked: z
      .array(z.strictObject({ externalId: z.string(), fault: z.string().nullable(), changedAt: time }))
      .describe('Records that are tied to nobody: the first thousand.'),
    lastRefusals: z
      .array(
        z.strictObject({
          ...{ at: time, method: z.string(), path: z.string(), status: count },
          ...{ kind: z.string(), detail: z.string() },
        }),
      )
      .describe('The newest refused requests of a SCIM connection, addresses masked.'),
  })
  .meta({ id: 'SourceDetail', description: 'A system of record, with what hangs in the air.' })
