import { type AddressChange, describeChange } from '../../domain/address-change.ts'
import type { EnrollmentEffect } from '../../domain/effect.ts'
import { type IdentityEffects, isRightEffect } from '../apply-effects.ts'
import type { IsQuiet } from '../decider.ts'

/** What applied plans mean to their people. Quiet is what only quiet policies did. */
export function policyChanges(plans: readonly IdentityEffects[], isQuiet: IsQuiet): readonly AddressChange[] {
  return plans.flatMap(({ identityId, effects }) => {
    const last = new Map<string, EnrollmentEffect>()
    for (const effect of effects) {
      if (isRightEffect(effect)) continue
      const id = effect.after?.id ?? effect.before?.id ?? ''
      // Two effects on one row are one change: from before the first to after the last.
      last.set(id, { ...effect, before: last.get(id)?.before ?? effect.before })
    }
    return [...last.values()].flatMap(({ because, before, after }) => {
      const change = describeChange(identityId, before, after)
      return change === null || isAllQuiet(because, change.factor, isQuiet) ? [] : [change]
    })
  })
}

function isAllQuiet(because: string, factor: string, isQuiet: IsQuiet): boolean {
  return because.split(', ').every((policy) => isQuiet(policy, factor))
}
