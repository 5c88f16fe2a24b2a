import type { Decision, IdentityFacts } from '../domain/decision.ts'

/** A policy set that is ready to decide. `policies/` makes it; use cases only ask it. */
export interface Decider {
  /** `sha256:…` of the set. */
  readonly policySet: string
  /** Decides all of them at one instant. */
  decideBatch(identities: readonly IdentityFacts[], now: Date): Promise<readonly Decision[]>
}

/** Answers the set in force, compiled; null before the first set was loaded. Reads the store each time it is asked. */
export type DeciderInForce = () => Promise<Decider | null>
