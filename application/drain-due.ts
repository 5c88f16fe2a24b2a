import type { UnusableReason } from '../domain/address.ts'
import type { Clock } from '../domain/clock.ts'
import type { Decision, IdentityFacts } from '../domain/decision.ts'
import type { Effect, Plan } from '../domain/effect.ts'
import { planEffects } from '../domain/plan.ts'
import type { Transaction } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import type { AuditEvent } from '../store/write/audit-events.ts'
import type { DueIdentity, DueScope } from '../store/write/due.ts'
import type { StoredIdentity } from '../store/write/identities.ts'
import type { ParkedEffects } from '../store/write/parked-effects.ts'
import { applyEffects } from './apply-effects.ts'
import { countEffects } from './count-effects.ts'
import type { DeciderInForce, IsQuiet } from './decider.ts'
import { policyChanges } from './deliveries/policy-changes.ts'
import { queueNotices } from './deliveries/queue-notices.ts'

export interface DrainWorld {
  readonly store: Store
  readonly clock: Clock
  readonly newId: () => string
  readonly decider: DeciderInForce
  /** From suspended or departed to removed. */
  readonly graceMs: number
}

/** Where a drain stands after a batch. Counts and opaque ids only: it travels through workflow history. */
export interface DrainStep {
  /** Give it back to go on; null: this pass reached the end. */
  readonly cursor: string | null
  /** Identities whose decision was settled; others changed meanwhile and stay due. */
  readonly decided: number
  readonly effects: number
}

/** Identities in one batch; all of them stand in memory with their rights, enrollments and plans. */
const batchSize = 2500

/**
 * Decides, plans and applies the next due identities. What adds is applied; what takes away is parked when the batch
 * belongs to a run (its brake decides later), or when a person's verdict on the identity is still out.
 */
export async function drainBatch(
  world: DrainWorld,
  scope: DueScope,
  cursor: string | null,
): Promise<DrainStep> {
  const now = world.clock()
  const due = await world.store.due.readDue(world.store.database, scope, cursor, batchSize, now)
  const last = due.at(-1)
  if (last === undefined) return { cursor: null, decided: 0, effects: 0 }
  const decider = await world.decider()
  // Nothing in force: everybody keeps what they have and stays due until a set is loaded.
  if (decider === null) return { cursor: null, decided: 0, effects: 0 }
  const clock = new StepClock()
  const plans = await planBatch(world, decider.decideBatch, due, now)
  const decide = clock.lap()
  const applied = await world.store.transaction(async (trx) => {
    // Another set came into force meanwhile: it made everybody due for itself, so nothing is lost here.
    if ((await world.store.policySets.holdInForce(trx)) !== decider.policySet)
      return { settled: 0, effects: 0 }
    return applyPlans(trx, world, { ...decider, plans, runId: scope, now })
  })
  if (scope !== null) {
    await world.store.runs.addToRun(world.store.database, scope, { seconds: { decide, apply: clock.lap() } })
  }
  return {
    cursor: due.length < batchSize ? null : last.id,
    decided: applied.settled,
    effects: applied.effects,
  }
}

class StepClock {
  #last = performance.now()

  /** Seconds since the last lap, to the millisecond. */
  lap(): number {
    const now = performance.now()
    const seconds = Math.round(now - this.#last) / 1000
    this.#last = now
    return seconds
  }
}

interface PlannedIdentity {
  readonly id: string
  readonly revision: number
  readonly plan: Plan
  readonly unusable: readonly { readonly reason: UnusableReason }[]
  readonly state: Parameters<Store['due']['settleDecided']>[2][number]
}

async function planBatch(
  world: DrainWorld,
  decideBatch: (identities: readonly IdentityFacts[], now: Date) => Promise<readonly Decision[]>,
  due: readonly DueIdentity[],
  now: Date,
): Promise<readonly PlannedIdentity[]> {
  const { store } = world
  const ids = due.map(({ id }) => id)
  const identities = new Map(
    (await store.identities.readIdentities(store.database, ids)).map((one) => [one.id, one]),
  )
  const rights = groupBy(await store.rights.readRights(store.database, ids))
  const enrollments = groupBy(await store.enrollments.readEnrollments(store.database, ids))
  const present = due.flatMap(({ id, revision }) => {
    const identity = identities.get(id)
    return identity === undefined ? [] : [{ id, revision, identity }]
  })
  const decisions = await decideBatch(
    present.map(({ identity }) => factsOf(identity)),
    now,
  )
  return present.flatMap(({ id, revision, identity }, at) => {
    const decision = decisions[at]
    if (decision === undefined) return []
    const plan = planEffects({
      identity: { id, active: identity.active },
      decision,
      rights: (rights.get(id) ?? []).map(withoutIdentity),
      enrollments: (enrollments.get(id) ?? []).map(withoutIdentity),
      now: now.toISOString(),
      graceMs: world.graceMs,
      newId: world.newId,
    })
    const writes = plan.adding.length + plan.takingAway.length > 0
    const unusable = [...decision.unusable, ...plan.overLimit]
    const state = { id, revision, writes, reviewAt: plan.reviewAt, unusable }
    return [{ id, revision, plan, unusable, state }]
  })
}

export function factsOf(identity: StoredIdentity): IdentityFacts {
  const { id, active, attributes, addresses, sources } = identity
  return { id, active, attributes, addresses, sources }
}

function withoutIdentity<Row extends { readonly identityId: string }>({
  identityId: _,
  ...row
}: Row): Omit<Row, 'identityId'> {
  return row
}

interface Batch {
  readonly plans: readonly PlannedIdentity[]
  readonly runId: string | null
  readonly policySet: string
  readonly isQuiet: IsQuiet
  readonly now: Date
}

/** Applies what is still true of the batch. */
async function applyPlans(
  trx: Transaction,
  world: DrainWorld,
  batch: Batch,
): Promise<{ readonly settled: number; readonly effects: number }> {
  const { store } = world
  const settled = await store.due.settleDecided(
    trx,
    batch.policySet,
    batch.plans.map(({ state }) => state),
    batch.now,
  )
  const plans = batch.plans.filter(({ id }) => settled.has(id))
  const parkedBefore = await store.parked.readParked(
    trx,
    plans.map(({ id }) => id),
  )
  const parked: ParkedEffects[] = []
  const applied: { identityId: string; effects: readonly Effect[] }[] = []
  for (const { id, revision, plan } of plans) {
    const before = parkedBefore.get(id)
    // A verdict that is out stays with the run that asked for it; else this run's own brake decides.
    const keeper = before?.held === true ? before.runId : batch.runId
    const parks = plan.takingAway.length > 0 && keeper !== null
    if (parks) {
      parked.push({
        identityId: id,
        runId: keeper,
        revision: revision + 1,
        policySet: batch.policySet,
        effects: plan.takingAway,
      })
    }
    const effects = parks ? plan.adding : [...plan.adding, ...plan.takingAway]
    if (effects.length > 0) applied.push({ identityId: id, effects })
  }
  const stale = [...parkedBefore.keys()].filter((id) => !parked.some(({ identityId }) => identityId === id))
  await store.parked.deleteParked(trx, stale)
  await store.parked.upsertParked(trx, parked)
  await applyEffects(trx, store, applied, batch.now)
  await queueNotices(trx, store, policyChanges(applied, batch.isQuiet), batch.now)
  await store.audit.insertAuditEvents(
    trx,
    applied.map((one) => planApplied(one, batch)),
  )
  const effects = applied.flatMap((one) => one.effects)
  if (batch.runId !== null) {
    await store.runs.addToRun(trx, batch.runId, {
      effects: countEffects(effects),
      unusable: countReasons(plans),
    })
  }
  return { settled: plans.length, effects: effects.length }
}

/** One audit event for each identity and plan, written with it. */
export function planApplied(
  { identityId, effects }: { readonly identityId: string; readonly effects: readonly Effect[] },
  {
    runId,
    policySet,
    now,
  }: { readonly runId: string | null; readonly policySet: string; readonly now: Date },
): AuditEvent {
  return {
    at: now,
    action: 'plan-applied',
    actor: { kind: 'policy', id: policySet },
    identityId,
    runId,
    policySet,
    effects,
    reason: null,
    detail: null,
  }
}

/** How many values could not be used, by reason. */
export function countReasons(
  plans: readonly { readonly unusable: readonly { readonly reason: UnusableReason }[] }[],
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { unusable } of plans) {
    for (const { reason } of unusable) counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}

function groupBy<Row extends { readonly identityId: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.identityId)
    if (group === undefined) groups.set(row.identityId, [row])
    else group.push(row)
  }
  return groups
}
