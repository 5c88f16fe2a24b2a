import type { Actor } from '../domain/actor.ts'
import type { Clock } from '../domain/clock.ts'
import { MusterError } from '../domain/error.ts'
import type { TrippedBrake } from '../domain/run.ts'
import type { Store } from '../store/store.ts'
import { finishRun } from './settle-run.ts'

export interface HeldRunVerdict {
  readonly runId: string
  readonly verdict: 'approved' | 'rejected'
  readonly actor: Actor
  readonly reason: string | null
}

/**
 * A person's verdict on a held run. Kept in PostgreSQL before any workflow hears of it, so it survives the death of
 * either. Approved: whoever settles the run releases what it parked. Rejected: what was parked is dropped, and
 * everybody keeps what they have until a later decision of their own.
 */
export async function decideHeldRun(
  world: { readonly store: Store; readonly clock: Clock },
  { runId, verdict, actor, reason }: HeldRunVerdict,
): Promise<void> {
  const { store, clock } = world
  const now = clock()
  await store.transaction(async (trx) => {
    const run = await store.runs.lockRun(trx, runId)
    if (run === null) throw new MusterError('not-found', 'There is no such run.')
    const decided = run.brakes.some((brake) => brake.verdict !== null)
    if (run.status !== 'held' || decided) {
      throw new MusterError(
        'run-not-held',
        `The run is ${decided ? 'decided already' : run.status}, not held.`,
      )
    }
    const word = { kind: verdict, by: actor.id, at: now.toISOString(), reason }
    const brakes: readonly TrippedBrake[] = run.brakes.map((brake) => ({ ...brake, verdict: word }))
    await store.runs.setBrakes(trx, runId, brakes)
    if (verdict === 'rejected') await store.parked.dropParked(trx, runId)
    await store.runs.setEffect(trx, runId, 'held', 0)
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'run-decided',
        actor,
        identityId: null,
        runId,
        policySet: run.policySet,
        effects: null,
        reason,
        detail: { verdict, brakes },
      },
    ])
  })
  if (verdict === 'rejected') await finishRun(world, runId, 'completed')
}
