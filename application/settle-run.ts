import type { TrippedBrake } from '../domain/run.ts'
import type { ReadOutcome } from '../domain/source-row.ts'
import type { Store } from '../store/store.ts'
import type { ParkedEffects } from '../store/write/parked-effects.ts'
import { applyEffects } from './apply-effects.ts'
import { countEffects } from './count-effects.ts'
import { policyChanges } from './deliveries/policy-changes.ts'
import { queueNotices } from './deliveries/queue-notices.ts'
import { type DrainWorld, planApplied } from './drain-due.ts'

export interface BrakeLimit {
  readonly percent: number
  readonly atLeast: number
}

/**
 * Weighs what a run has parked. Under the limit it may be released; over it the run is held until a person approves
 * or rejects (both limits must be passed: the percentage alone would stop small organizations at every leaver).
 */
export async function weighRun(
  { store }: Pick<DrainWorld, 'store'>,
  runId: string,
  limit: BrakeLimit,
): Promise<'release' | 'hold'> {
  const run = await store.runs.readRun(store.database, runId)
  if (run === null || run.brakes.some(({ verdict }) => verdict?.kind === 'approved')) return 'release'
  const parked = await store.parked.countParked(store.database, runId)
  // Counting who holds a right takes a look at everybody: most runs end before.
  if (parked.identities < limit.atLeast) return 'release'
  const of = await store.parked.countHolders(store.database, run.source)
  if (parked.identities * 100 <= limit.percent * of) return 'release'
  const brake: TrippedBrake = {
    name: 'takenAway',
    limit,
    wouldBe: parked.identities,
    of,
    verdict: null,
  }
  await store.transaction(async (trx) => {
    await store.runs.setBrakes(trx, runId, [brake])
    await store.runs.setEffect(trx, runId, 'held', parked.effects)
    await store.runs.holdRun(trx, runId)
  })
  return 'hold'
}

/** How far a release has come. `again`: identities that changed meanwhile and were made due for a new decision. */
export interface ReleaseStep {
  readonly released: number
  readonly again: number
}

const releaseSize = 5000

/**
 * Applies the next parked identities of a run. An identity that changed since, or a set that is no longer in force,
 * is decided anew instead (architecture rule 15).
 */
export async function releaseBatch(world: DrainWorld, runId: string): Promise<ReleaseStep> {
  const { store } = world
  const now = world.clock()
  // Of another set than the one in force nothing is released below.
  const isQuiet = (await world.decider())?.isQuiet ?? (() => false)
  return store.transaction(async (trx) => {
    const policySet = await store.policySets.holdInForce(trx)
    const parked = await store.parked.takeParked(trx, runId, releaseSize)
    if (parked.length === 0) return { released: 0, again: 0 }
    const revisions = await store.parked.readRevisions(
      trx,
      parked.map(({ identityId }) => identityId),
    )
    const valid = (one: ParkedEffects) =>
      one.policySet === policySet && revisions.get(one.identityId) === one.revision
    const released = parked.filter(valid)
    const again = parked.filter((one) => !valid(one))
    await applyEffects(trx, store, released, now)
    await queueNotices(trx, store, policyChanges(released, isQuiet), now)
    await store.audit.insertAuditEvents(
      trx,
      released.map((one) => planApplied(one, { runId, policySet: one.policySet, now })),
    )
    await store.identities.bumpRevisions(
      trx,
      released.map(({ identityId }) => identityId),
    )
    await store.identities.markDue(
      trx,
      again.map(({ identityId }) => identityId),
      { at: now, reason: 'retry', runId },
    )
    await store.parked.deleteParked(
      trx,
      parked.map(({ identityId }) => identityId),
    )
    await store.runs.addToRun(trx, runId, {
      effects: countEffects(released.flatMap(({ effects }) => effects)),
    })
    return { released: released.length, again: again.length }
  })
}

/**
 * Ends a run by what its read says: `failed` where nothing could be read, else `completed`, with or without a proof.
 * A run that was cancelled or that failed ends as that.
 */
export async function endRun(
  world: Pick<DrainWorld, 'store' | 'clock'>,
  runId: string,
  end: 'settled' | 'cancelled' | 'failed',
): Promise<'completed' | 'failed'> {
  if (end === 'cancelled') {
    await finishRun(world, runId, end)
    return 'completed'
  }
  const run = await world.store.runs.readRun(world.store.database, runId)
  const fault = end === 'failed' ? brokenStep : unreadFault(run?.read ?? null)
  const status = fault === null ? 'completed' : 'failed'
  await finishRun(world, runId, status, fault)
  return status
}

const brokenStep = {
  code: 'internal',
  message: 'A step of the run failed for good; the log of the worker says why.',
}

function unreadFault(read: ReadOutcome | null): { readonly code: string; readonly message: string } | null {
  if (read === null || read.complete || read.entries > 0) return null
  return read.why ?? { code: 'unreadable', message: 'Nothing could be read.' }
}

/** Ends a run with the one audit event of its own. */
export async function finishRun(
  { store, clock }: Pick<DrainWorld, 'store' | 'clock'>,
  runId: string,
  status: Parameters<Store['runs']['endRun']>[2],
  fault: { readonly code: string; readonly message: string } | null = null,
): Promise<void> {
  const now = clock()
  await store.transaction(async (trx) => {
    if (!(await store.runs.endRun(trx, runId, status, now, fault))) return
    const run = await store.runs.readRun(trx, runId)
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'run-ended',
        actor: { kind: 'system', id: 'worker' },
        identityId: null,
        runId,
        policySet: run?.policySet ?? null,
        effects: null,
        reason: fault?.code ?? null,
        detail: { status, source: run?.source ?? null, effects: run?.effects ?? {} },
      },
    ])
  })
}
