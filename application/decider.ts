import type { Decision, IdentityFacts } from '../domain/decision.ts'

/** Says so of a policy and a factor. */
export type IsQuiet = (policy: string, factor: string) => boolean

/** A policy set that is ready to decide. `policies/` makes it; use cases only ask it. */
export interface Decider {
  /** `sha256:…` of the set. */
  readonly policySet: string
  /** Decides all of them at one instant. */
  /** Whether a policy of the set wants nobody told of what it does to a factor's addresses. */
  readonly isQuiet: IsQuiet
  decideBatch(identities: readonly IdentityFacts[], now: Date): Promise<readonly Decision[]>
}

/** Answers the set in force, compiled; null before the first set was loaded. Reads the store each time it is asked. */
export type DeciderInForce = () => Promise<Decider | null>
