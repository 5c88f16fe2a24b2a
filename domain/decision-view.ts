import type { AddressAttribute, UnusableReason } from './address.ts'
import type { ConditionReason, ExplainedDecision, PolicyReason, RightDecision } from './decision.ts'
import type { Enrollment } from './enrollment.ts'
import { type Factor, factors } from './factor.ts'
import type { UnusableView } from './identity-view.ts'
import { maskAddress } from './masked.ts'
import { collectWants } from './wanted-addresses.ts'

/** A decision as people and programs read it (interfaces page, section 2). */
export interface DecisionView {
  readonly identity: string
  readonly policySet: string
  readonly rights: readonly RightDecision[]
  readonly enrollments: readonly DecidedEnrollment[]
  readonly unusable: readonly UnusableView[]
  readonly reviewAt: string | null
  readonly reasons: readonly PolicyReason[]
}

export interface DecidedEnrollment {
  readonly factor: Factor
  /** Masked unless it was revealed. */
  readonly address: string
  readonly policy: string
  readonly source: string
  readonly attribute: AddressAttribute
}

/**
 * What a decision means for somebody with these enrollments: the addresses that its wishes would take, those beyond
 * a limit among the unusable ones. Addresses, in the comparisons' values too, are masked unless revealed.
 */
export function viewDecision(
  decision: ExplainedDecision,
  enrolled: readonly Enrollment[],
  revealed: boolean,
): DecisionView {
  const show = (factor: Factor, address: string) => (revealed ? address : maskAddress(factor, address))
  const chosen = factors.map((factor) =>
    collectWants(
      decision.wishes.filter((wish) => wish.factor === factor),
      enrolled.filter((enrollment) => enrollment.factor === factor),
    ),
  )
  const overLimit = chosen.flatMap((choice) =>
    choice.overLimit.map((address) => ({ ...address, reason: 'over-limit' as UnusableReason })),
  )
  return {
    identity: decision.identity,
    policySet: decision.policySet,
    rights: decision.rights,
    enrollments: chosen.flatMap(({ wants }) =>
      wants.map(({ policy, address }) => ({
        factor: address.factor,
        address: show(address.factor, address.value),
        policy,
        source: address.source,
        attribute: address.attribute,
      })),
    ),
    unusable: [...decision.unusable, ...overLimit].map(({ factor, attribute, source, value, reason }) => ({
      factor,
      attribute,
      source,
      value: show(factor, value),
      reason,
    })),
    reviewAt: decision.reviewAt,
    reasons: revealed ? decision.reasons : decision.reasons.map(maskReason),
  }
}

function maskReason(reason: PolicyReason): PolicyReason {
  return { ...reason, conditions: reason.conditions.map(maskCondition) }
}

/** What a comparison found is an address where its fact is one; what it was compared with is the policy's own text. */
function maskCondition(condition: ConditionReason): ConditionReason {
  const [attribute] = condition.fact.split('.')
  if (attribute !== 'emails' && attribute !== 'phoneNumbers') return condition
  const factor = attribute === 'emails' ? 'otp-email' : 'otp-sms'
  const mask = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mask)
    return typeof value === 'string' ? maskAddress(factor, value) : value
  }
  return { ...condition, actual: mask(condition.actual) }
}
