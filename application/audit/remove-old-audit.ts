import type { AuditSeal } from '../../domain/audit-seal.ts'
import { MusterError } from '../../domain/error.ts'
import type { SealWorld } from './seal-audit.ts'
import { hashSummary } from './seal-hash.ts'
import { verifyAudit } from './verify-audit.ts'

/** Seals whose events are removed in one call, each call one transaction. */
const sealsAtOnce = 10

/**
 * Removes the oldest sealed events when all of a seal's are older than `keepMs` milliseconds, and leaves a summary of
 * all that was ever removed; the removal is an event itself, which holds the summary's hash. Answers how many events
 * went. Throws `audit-chain-broken` where what should go is not as it was sealed: evidence is not removed.
 */
export async function removeOldAudit(world: SealWorld, keepMs: number): Promise<number> {
  const { store, clock } = world
  const now = clock()
  const before = new Date(now.getTime() - keepMs)
  const old = await findOldSeals(world, before)
  if (old === null) return 0
  const faults: string[] = []
  await verifyAudit(store, {
    since: null,
    through: old.through,
    pins: [],
    onFault: ({ kind, seal }) => void faults.push(`${kind} in seal ${seal}`),
  })
  if (faults.length > 0) {
    const message = 'Sealed audit events that are old enough to go are not as they were sealed.'
    throw new MusterError('audit-chain-broken', message, { detail: faults.slice(0, 5).join(', ') })
  }
  return store.transaction(async (trx) => {
    const summary = await store.seals.removeSealed(trx, { before, most: sealsAtOnce })
    if (summary === null) return 0
    const { number, events, actions, oldest, newest, hash } = summary
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'audit-events-removed',
        actor: { kind: 'system', id: 'retention' },
        identityId: null,
        runId: null,
        policySet: null,
        effects: null,
        reason: null,
        detail: {
          ...{ seal: number, events, actions, hash, summary: hashSummary(summary) },
          ...{ oldest: oldest.toISOString(), newest: newest.toISOString() },
        },
      },
    ])
    return events - old.removed
  })
}

/** The last of the oldest seals that may go, and how many events went before; null: none may. */
async function findOldSeals(
  { store }: SealWorld,
  before: Date,
): Promise<{ readonly through: number; readonly removed: number } | null> {
  for await (const some of store.seals.readSeals(store.database, 1)) {
    const batches = some.filter(({ kind }) => kind === 'batch').slice(0, sealsAtOnce + 1)
    const isOld = (seal: AuditSeal) => seal.newest < before
    const firstYoung = batches.findIndex((seal) => !isOld(seal))
    // The newest seal stays, so that the chain has a head.
    const old = batches.slice(0, Math.min(firstYoung === -1 ? batches.length - 1 : firstYoung, sealsAtOnce))
    const last = old.at(-1)
    const removed = some.find(({ kind }) => kind === 'summary')?.events ?? 0
    return last === undefined ? null : { through: last.number, removed }
  }
  return null
}
