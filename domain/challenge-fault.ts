import type { ChallengeAction, NotAvailableReason } from './challenge.ts'
import { type ErrorCode, MusterError } from './error.ts'

/** What a client is told beside a fault's sentence. Absent: nothing to tell. */
export interface ChallengeFaultFacts {
  /** Why there is nothing to send to; for trusted clients only. */
  readonly reason?: NotAvailableReason
  readonly actions?: readonly ChallengeAction[]
  readonly remainingAttempts?: number
  /** Whole seconds after which the same may be asked again. */
  readonly retryAfter?: number
  /** RFC 3339; null: until it is proven again or unlocked. */
  readonly lockedUntil?: string | null
}

/** A refusal by the challenge service, with what is left to do. Nothing in it names a code, an address or a person. */
export class ChallengeFault extends MusterError {
  readonly facts: ChallengeFaultFacts

  constructor(code: ErrorCode, message: string, facts: ChallengeFaultFacts = {}) {
    super(code, message)
    this.name = 'ChallengeFault'
    this.facts = facts
  }
}
