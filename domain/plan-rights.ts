import type { PolicyDenial, RightDecision } from './decision.ts'
import type { RightEffect } from './effect.ts'
import { equalRows } from './equal-rows.ts'
import { type Factor, factors } from './factor.ts'
import { hasEnded, resolveRight, uniteClients } from './resolve-right.ts'
import type { Right, RightDenial, RightOrigin } from './right.ts'

/** What stands now: the identity's activity and the time of the decision. */
interface Circumstances {
  readonly active: boolean
  readonly now: string
}

/** One right on its way: as it is, after what only adds, and in the end. Null: there is no row. */
export interface RightStages {
  readonly factor: Factor
  readonly before: Right | null
  readonly added: Right | null
  readonly after: Right | null
}

/**
 * The stages of every right. A policy adds and withdraws its own origins and denials and nothing else; a person's
 * stay until a person clears them or their `until` has come. Adding takes in new grants, wider client lists and
 * denials that are lifted; withdrawn grants, new denials, ended grants and inactivity come after.
 */
export function planRights(
  rights: readonly Right[],
  decisions: readonly RightDecision[],
  circumstances: Circumstances,
): readonly RightStages[] {
  return factors.map((factor) => {
    const before = rights.find((right) => right.factor === factor) ?? null
    const decision = decisions.find((candidate) => candidate.factor === factor) ?? nothingDecided(factor)
    const grown = addToRight(before, decision, circumstances)
    const after = grown && takeFromRight(grown, decision, circumstances)
    return { factor, before, added: grown && after && keepInForce(before, grown, after), after }
  })
}

/** The changes of the first half (`added`) or of the second (`after`). */
export function rightEffects(
  stages: readonly RightStages[],
  half: 'added' | 'after',
  circumstances: Circumstances,
): readonly RightEffect[] {
  return stages.flatMap((stage) => {
    const before = half === 'added' ? stage.before : stage.added
    const after = half === 'added' ? stage.added : stage.after
    if (after === null || equalRows(before, after)) return []
    return [
      { op: rightOperation(before, after), before, after, because: causeOf(before, after, circumstances) },
    ]
  })
}

function addToRight(before: Right | null, decision: RightDecision, { now }: Circumstances): Right | null {
  if (before === null && decision.by.length === 0 && decision.deniedBy.length === 0) return null
  const current = before ?? {
    factor: decision.factor,
    origins: [],
    denials: [],
    effective: false,
    clients: [],
  }
  const origins = addOrigins(current.origins, decision, now)
  const denials = liftDenials(current.denials, decision.deniedBy)
  return { factor: decision.factor, origins, denials, effective: current.effective, clients: current.clients }
}

/**
 * The half that only adds. What is in force stays so, even where it has ended or the person is inactive, and grows
 * by no client that the end does not have. What is not in force has nothing to lose: it goes to its end at once, so
 * that a denied right is never in force for a moment, nor for as long as a brake holds the second half.
 */
function keepInForce(before: Right | null, grown: Right, after: Right): Right {
  if (before?.effective !== true) return after
  const clients = after.effective ? uniteClients([before.clients, after.clients]) : before.clients
  return { ...grown, effective: true, clients }
}

function takeFromRight(added: Right, decision: RightDecision, circumstances: Circumstances): Right {
  const origins = added.origins
    .filter((origin) =>
      isPolicys(origin) ? decision.by.includes(origin.policy) : !hasEnded(origin, circumstances.now),
    )
    .map((origin) => (isPolicys(origin) ? { ...origin, clients: uniteClients([decision.clients]) } : origin))
  const denials = imposeDenials(added.denials, decision.deniedBy, circumstances.now)
  return { factor: added.factor, origins, denials, ...resolveRight(origins, denials, circumstances) }
}

function addOrigins(origins: readonly RightOrigin[], decision: RightDecision, now: string): RightOrigin[] {
  const widened = origins.map((origin) =>
    isPolicys(origin) && decision.by.includes(origin.policy)
      ? { ...origin, clients: uniteClients([origin.clients, decision.clients]) }
      : origin,
  )
  const present = new Set(origins.filter(isPolicys).map((origin) => origin.policy))
  const gained = [...new Set(decision.by)].filter((policy) => !present.has(policy)).sort()
  return [
    ...widened,
    ...gained.map((policy) => ({
      kind: 'policy' as const,
      policy,
      by: null,
      since: now,
      until: null,
      reason: null,
      clients: uniteClients([decision.clients]),
    })),
  ]
}

function liftDenials(denials: readonly RightDenial[], decided: readonly PolicyDenial[]): RightDenial[] {
  return denials.flatMap((denial) => {
    if (!isPolicys(denial)) return [denial]
    const wanted = decided.find((candidate) => candidate.policy === denial.policy)
    if (wanted === undefined) return []
    return [{ ...denial, reason: wanted.reason, overridable: denial.overridable || wanted.overridable }]
  })
}

function imposeDenials(
  denials: readonly RightDenial[],
  decided: readonly PolicyDenial[],
  now: string,
): RightDenial[] {
  const present = new Set(denials.filter(isPolicys).map((denial) => denial.policy))
  const tightened = denials.map((denial) => {
    const wanted = isPolicys(denial) && decided.find((candidate) => candidate.policy === denial.policy)
    return wanted ? { ...denial, overridable: wanted.overridable } : denial
  })
  const gained = decided
    .filter((denial) => !present.has(denial.policy))
    .sort((a, b) => (a.policy < b.policy ? -1 : 1))
    .map((denial) => ({ kind: 'policy' as const, ...denial, by: null, since: now }))
  return [...tightened, ...gained]
}

function isPolicys<Reason extends RightOrigin | RightDenial>(
  reason: Reason,
): reason is Reason & { readonly policy: string } {
  return reason.kind === 'policy' && reason.policy !== null
}

function rightOperation(before: Right | null, after: Right): RightEffect['op'] {
  const was = before?.effective ?? false
  if (was === after.effective) return 'change-right'
  return after.effective ? 'grant-right' : 'revoke-right'
}

/** The policies whose word changed, else `inactive`, else whose grant ended, else `active` again. */
function causeOf(before: Right | null, after: Right, { active, now }: Circumstances): string {
  const words = (right: Right | null) =>
    [...(right?.origins ?? []), ...(right?.denials ?? [])].filter(isPolicys)
  const [old, fresh] = [words(before), words(after)]
  const changed = [
    ...old.filter((word) => !fresh.some((other) => equalRows(word, other))),
    ...fresh.filter((word) => !old.some((other) => equalRows(word, other))),
  ]
  if (changed.length > 0) return [...new Set(changed.map((word) => word.policy))].sort().join(', ')
  if (!active) return 'inactive'
  const ended = (before?.origins ?? []).find((origin) => hasEnded(origin, now))
  return ended === undefined ? 'active' : `ended: ${ended.by ?? 'grant'}`
}

function nothingDecided(factor: Factor): RightDecision {
  return { factor, granted: false, clients: [], by: [], deniedBy: [] }
}
