import type { Actor } from '../domain/actor.ts'
import type { Clock } from '../domain/clock.ts'
import { MusterError } from '../domain/error.ts'
import type { Factor } from '../domain/factor.ts'
import { resolveRight } from '../domain/resolve-right.ts'
import type { Right } from '../domain/right.ts'
import type { Store } from '../store/store.ts'
import { cancelUnusable } from './challenges/cancel-unusable.ts'

export interface ManualRight {
  readonly identityId: string
  readonly factor: Factor
  /** `clear` takes the person's word back, whichever it was; the policies' stands again. */
  readonly effect: 'grant' | 'deny' | 'clear'
  readonly actor: Actor
  readonly reason: string | null
  /** RFC 3339; a grant ends then. */
  readonly until: string | null
}

/**
 * A person's decision on a right: one at a time, the last one counts. What is effective changes at once; the
 * enrollments follow on the one path (the identity becomes due).
 */
export async function setManualRight(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  request: ManualRight,
): Promise<void> {
  const now = clock()
  const { identityId, factor, actor } = request
  if (request.until !== null && Date.parse(request.until) <= now.getTime()) {
    throw new MusterError('usage', 'The end of a grant must lie in the future.')
  }
  await store.transaction(async (trx) => {
    await store.identities.lockIdentities(trx, [identityId])
    const [identity] = await store.identities.readIdentities(trx, [identityId])
    if (identity === undefined) throw new MusterError('not-found', 'There is no such identity.')
    const before = (await store.rights.readRights(trx, [identityId])).find((right) => right.factor === factor)
    const after = decidedByHand(before ?? null, request, identity.active, now)
    await store.rights.putRight(trx, identityId, after)
    await cancelUnusable(trx, store, [identityId], now)
    await store.identities.markDue(trx, [identityId], { at: now, reason: 'manual', runId: null })
    await store.audit.insertAuditEvents(trx, [
      {
        at: now,
        action: 'right-set',
        actor,
        identityId,
        runId: null,
        policySet: null,
        effects: null,
        reason: request.reason,
        detail: { factor, effect: request.effect, until: request.until, before: before ?? null, after },
      },
    ])
  })
}

function decidedByHand(before: Right | null, request: ManualRight, active: boolean, now: Date): Right {
  const since = now.toISOString()
  const origins = (before?.origins ?? []).filter(({ kind }) => kind === 'policy')
  const denials = (before?.denials ?? []).filter(({ kind }) => kind === 'policy')
  const { actor, reason, until, effect } = request
  const word = { kind: 'manual', policy: null, by: actor.id, since, reason } as const
  const right = {
    factor: request.factor,
    origins: effect === 'grant' ? [...origins, { ...word, until, clients: null }] : origins,
    denials: effect === 'deny' ? [...denials, { ...word, overridable: false }] : denials,
  }
  return { ...right, ...resolveRight(right.origins, right.denials, { active, now: since }) }
}
