import type { Address, AddressAttribute, UnusableValue } from './address.ts'
import type { Attributes } from './attributes.ts'
import type { Factor } from './factor.ts'

/** All that a policy may look at. Pure data: no clock, no store. */
export interface IdentityFacts {
  readonly id: string
  readonly active: boolean
  readonly attributes: Attributes
  /** Normalised e-mail addresses and numbers, usable or not, in no meaningful order. */
  readonly addresses: readonly Address[]
  /** Names of the sources that hold a live record of the person, sorted. */
  readonly sources: readonly string[]
}

/** What the policies in force say of one right. */
export interface RightDecision {
  readonly factor: Factor
  readonly granted: boolean
  /** Null: every client. */
  readonly clients: readonly string[] | null
  /** Ids of the policies that grant it, sorted. */
  readonly by: readonly string[]
  readonly deniedBy: readonly PolicyDenial[]
}

export interface PolicyDenial {
  readonly policy: string
  readonly reason: string
  /** A person's grant beats a denial that says so (architecture rule 1). */
  readonly overridable: boolean
}

export type OnChange = 'replace' | 'keep' | 'hold'
export type OnUnmatch = 'suspend' | 'remove'
export type ProofWanted = 'asserted' | 'required'
export type Take = 'all' | 'primary' | 'first'

/**
 * What one policy wants enrolled for one factor. Which of the candidates are taken depends on what is enrolled
 * already (`first` and `primary` keep that, architecture rule 3), so the plan chooses, not the decision.
 */
export interface EnrollmentWish {
  readonly policy: string
  readonly priority: number
  readonly factor: Factor
  readonly attribute: AddressAttribute
  /** Usable addresses that the path yields; the order carries no meaning. */
  readonly candidates: readonly Address[]
  readonly take: Take
  /** The most addresses of this wish for one person, or null for no limit. */
  readonly max: number | null
  readonly onChange: OnChange
  readonly onUnmatch: OnUnmatch
  readonly proof: ProofWanted
  readonly reenroll: boolean
}

export interface ConditionReason {
  readonly fact: string
  readonly operator: string
  readonly value: unknown
  readonly actual: unknown
  readonly result: boolean
}

/** Why a policy spoke or did not: one entry for each policy of the set. */
export interface PolicyReason {
  readonly policy: string
  readonly mode: 'enforce' | 'shadow' | 'off'
  /** Whether the target let the identity in; null: not evaluated (`off`). */
  readonly target: boolean | null
  readonly matched: boolean
  readonly conditions: readonly ConditionReason[]
}

/** What a policy set says of one identity. */
export interface Decision {
  readonly identity: string
  /** `sha256:…` of the set. */
  readonly policySet: string
  readonly rights: readonly RightDecision[]
  readonly wishes: readonly EnrollmentWish[]
  readonly unusable: readonly UnusableValue[]
  /** When the passing of time alone could change this decision (RFC 3339, UTC), or null for never. */
  readonly reviewAt: string | null
}

/** A decision with its reasons, for people; made on demand, never for a whole population. */
export interface ExplainedDecision extends Decision {
  readonly reasons: readonly PolicyReason[]
}
