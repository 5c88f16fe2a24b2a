import { addFirstEnrollments } from './add-enrollments.ts'
import type { Decision, RightDecision } from './decision.ts'
import type { EnrollmentEffect, RightEffect } from './effect.ts'
import type { Enrollment } from './enrollment.ts'
import { withStatus } from './enrollment-status.ts'
import { type Factor, factors } from './factor.ts'
import { earliest } from './instant.ts'
import type { PlanInput, PlanWithReport } from './plan.ts'
import { planRights, rightEffects } from './plan-rights.ts'
import { SharedOrigins } from './shared-origins.ts'
import { collectFirstWants } from './wanted-addresses.ts'

/** What the rights of somebody who has none yet come to. */
interface FreshRights {
  readonly effects: readonly RightEffect[]
  readonly effective: ReadonlySet<Factor>
}

/**
 * Plans for identities that have neither rights nor enrollments: what `planEffects` would say, without the half that
 * takes away, which then has nothing to take. Made for one instant and a whole population: people of one verdict
 * share its rights, so these are planned once.
 */
export class FreshPlanner {
  readonly #now: string
  readonly #active = new WeakMap<readonly RightDecision[], FreshRights>()
  readonly #inactive = new WeakMap<readonly RightDecision[], FreshRights>()
  readonly #origins = new SharedOrigins()

  /** `now`: RFC 3339. */
  constructor(now: string) {
    this.#now = now
  }

  plan({ identity, decision, newId }: Pick<PlanInput, 'identity' | 'decision' | 'newId'>): PlanWithReport {
    const rights = this.#rightsOf(decision.rights, identity.active)
    const enrolled: EnrollmentEffect[] = []
    const overLimit: PlanWithReport['overLimit'][number][] = []
    for (const factor of factors) {
      const wishes = decision.wishes.filter((wish) => wish.factor === factor)
      if (wishes.length === 0) continue
      const { wants, overLimit: left } = collectFirstWants(wishes)
      const context = { now: this.#now, newId, origins: this.#origins }
      for (const row of addFirstEnrollments(wants, context))
        enrolled.push(this.#enroll(row, rights.effective.has(factor)))
      for (const { attribute, source, value } of left)
        overLimit.push({ factor, attribute, source, value, reason: 'over-limit' })
    }
    return {
      identity: identity.id,
      adding: enrolled.length === 0 ? rights.effects : [...rights.effects, ...enrolled],
      takingAway: [],
      reviewAt: reviewOf(decision),
      overLimit,
    }
  }

  #enroll(row: Enrollment, rightEffective: boolean): EnrollmentEffect {
    const after = withStatus(row, { rightEffective, now: this.#now })
    return { op: 'enroll', before: null, after, because: causeOf(row.origins) }
  }

  #rightsOf(decided: readonly RightDecision[], active: boolean): FreshRights {
    const memo = active ? this.#active : this.#inactive
    const known = memo.get(decided)
    if (known !== undefined) return known
    const circumstances = { active, now: this.#now }
    const stages = planRights([], decided, circumstances)
    const planned = {
      effects: rightEffects(stages, 'added', circumstances),
      effective: new Set(stages.filter(({ added }) => added?.effective === true).map(({ factor }) => factor)),
    }
    memo.set(decided, planned)
    return planned
  }
}

function causeOf(origins: Enrollment['origins']): string {
  const [origin, ...others] = origins
  if (origin !== undefined && others.length === 0) return origin.policy ?? ''
  return [...new Set(origins.flatMap(({ policy }) => policy ?? []))].sort().join(', ')
}

function reviewOf({ reviewAt }: Decision): string | null {
  return reviewAt === null ? null : earliest([reviewAt])
}
