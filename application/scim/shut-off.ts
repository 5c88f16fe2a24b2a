import type { Actor } from '../../domain/actor.ts'
import { withStatus } from '../../domain/enrollment-status.ts'
import { equalRows } from '../../domain/equal-rows.ts'
import { resolveRight } from '../../domain/resolve-right.ts'
import type { Transaction } from '../../store/database.ts'
import type { StoredRight } from '../../store/write/rights.ts'
import { cancelUnusable } from '../challenges/cancel-unusable.ts'
import type { MergeWorld } from '../merge-rows.ts'

/** Who was switched off by a write, and who of them, or beside them, has left. */
export interface ShutOff {
  /** Active before the write and not after it. */
  readonly turnedOff: readonly string[]
  /** Without any live record since the write: their manual grants end too. */
  readonly left: readonly string[]
  readonly actor: Actor
  readonly now: Date
}

/**
 * Takes effect away in the transaction that switched people off (architecture rule 5): no right is effective, no
 * enrollment is usable, no challenge is open. Everything is kept and comes back with the person, but for what a person
 * granted to somebody who has left. The locks of the identities' states are held; their due marks are written.
 */
export async function shutOff(
  trx: Transaction,
  world: MergeWorld,
  { turnedOff, left, actor, now }: ShutOff,
): Promise<void> {
  const ids = [...new Set([...turnedOff, ...left])].sort()
  if (ids.length === 0) return
  const { store } = world
  const rights = await takeRights(trx, world, ids, new Set(left), now)
  const enrollments = await suspendEnrollments(trx, world, ids, now)
  await cancelUnusable(trx, store, ids, now)
  await store.audit.insertAuditEvents(
    trx,
    ids.map((identityId) => ({
      at: now,
      action: 'identity-shut-off' as const,
      actor,
      identityId,
      runId: null,
      policySet: null,
      effects: null,
      reason: left.includes(identityId) ? 'left' : 'inactive',
      detail: {
        rights: rights.filter((right) => right.identityId === identityId).map(({ factor }) => factor),
        enrollments: enrollments.filter((one) => one.identityId === identityId).map(({ id }) => id),
      },
    })),
  )
}

async function takeRights(
  trx: Transaction,
  { store }: MergeWorld,
  ids: readonly string[],
  left: ReadonlySet<string>,
  now: Date,
): Promise<readonly StoredRight[]> {
  const changed = (await store.rights.readRights(trx, ids)).flatMap((before) => {
    const origins = left.has(before.identityId)
      ? before.origins.filter(({ kind }) => kind !== 'manual')
      : before.origins
    const resolved = resolveRight(origins, before.denials, { active: false, now: now.toISOString() })
    const after = { ...before, origins, ...resolved }
    return equalRows(before, after) ? [] : [after]
  })
  await store.rights.putRights(trx, changed)
  return changed
}

async function suspendEnrollments(
  trx: Transaction,
  { store }: MergeWorld,
  ids: readonly string[],
  now: Date,
): Promise<readonly { readonly id: string; readonly identityId: string }[]> {
  const context = { rightEffective: false, now: now.toISOString() }
  const changed = (await store.enrollments.readEnrollments(trx, ids)).flatMap((before) => {
    const after = { ...withStatus(before, context), identityId: before.identityId }
    return equalRows(before, after) ? [] : [after]
  })
  await store.enrollments.updateEnrollments(trx, changed)
  return changed
}
