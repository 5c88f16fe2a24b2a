import { removeOldAudit } from './audit/remove-old-audit.ts'
import { sealAudit } from './audit/seal-audit.ts'
import { forgetOld } from './forget-old.ts'
import { pruneLimits } from './limits/prune-limits.ts'
import type { MergeWorld } from './merge-rows.ts'
import { recomposeIdentities } from './recompose-identities.ts'
import { deriveAnew } from './scim/derive-anew.ts'
import type { Connection } from './scim/scim-world.ts'
import { finishRun } from './settle-run.ts'

export interface SweepWorld extends MergeWorld {
  /** Sources that push, as they are configured now. */
  readonly connections: readonly Connection[]
  /** Whether the workflow that a run names still goes on. Throws where Temporal cannot be asked. */
  readonly isWorkflowRunning: (workflowId: string) => Promise<boolean>
  /** How long rows are kept. */
  readonly retention: Retention
  /** Told what a part of the sweep failed of that no other part waits for. */
  readonly onFault: (fault: unknown) => void
}

/** Milliseconds that rows are kept. */
export interface Retention {
  /** Audit events, of which a sealed summary stays; null: for ever. */
  readonly audit: number | null
  /** Challenges and deliveries that have ended. */
  readonly challenges: number
  readonly deliveries: number
}

export interface Sweep {
  /** Identities that are due and belong to no run, at least: reviews, dates, writes whose nudge was lost. */
  readonly madeDue: number
  /** Runs that were closed because their workflow is gone. */
  readonly closed: number
  readonly unsettled: readonly string[]
}

const sweepSize = 5000

/** Milliseconds in which a run may still be on its way to its workflow. */
const youngFor = 60_000

/** Finds what nobody looks after. Each part may run twice. */
export async function sweepUnattended(world: SweepWorld): Promise<Sweep> {
  const { store, clock } = world
  const now = clock()
  await store.transaction(async (trx) => {
    const reached = await store.due.readReviewsReached(trx, now, sweepSize)
    await store.identities.markDue(trx, reached.reviews, { at: now, reason: 'review', runId: null })
    await recomposeIdentities(trx, world, reached.inactive, { at: now, reason: 'review', runId: null })
  })
  await deriveAnew(world, world.connections)
  await store.challenges.expireOverdue(store.database, sweepSize)
  await store.challenges.forgetKeys(store.database)
  await pruneLimits(world)
  const closed = await closeOrphanedRuns(world)
  await forgetOld(world, world.retention)
  await keepAudit(world)
  const inForce = await store.policySets.readInForce(store.database)
  // Without a policy set nothing can be decided: what is due waits for the first one.
  if (inForce === null) return { madeDue: 0, closed, unsettled: [] }
  const waiting = await store.due.readDue(store.database, null, null, 1, now)
  return {
    madeDue: waiting.length,
    closed,
    unsettled: await store.due.readUnsettledRuns(store.database, new Date(now.getTime() - youngFor)),
  }
}

/** Milliseconds that the sealing waits for transactions that write events. */
const sealPatience = 10_000

/** What is not sealed then (a million events wait) is by the next sweep. */
const sealsInSweep = 100

/** A fault of the chain is told and holds up nothing else. */
async function keepAudit(world: SweepWorld): Promise<void> {
  try {
    await sealAudit(world, sealPatience, sealsInSweep)
    if (world.retention.audit !== null) await removeOldAudit(world, world.retention.audit)
  } catch (fault) {
    world.onFault(fault)
  }
}

async function closeOrphanedRuns(world: SweepWorld): Promise<number> {
  const { store, clock } = world
  let closed = 0
  for (const run of await store.runs.readOpenRuns(store.database)) {
    // A run's row may be committed a moment before its workflow can be seen.
    const young = clock().getTime() - run.startedAt.getTime() < youngFor
    if (run.status !== 'running' || young || run.workflowId === null) continue
    if (await world.isWorkflowRunning(run.workflowId)) continue
    await finishRun({ store, clock }, run.id, 'failed', {
      code: 'workflow-gone',
      message: 'The workflow of this run is gone; what it had made due is settled by the sweep.',
    })
    closed += 1
  }
  return closed
}
