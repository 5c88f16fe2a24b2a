import type { ChallengeWorld } from '../../application/challenges/challenge-world.ts'
import type { Caller } from '../../application/tokens/authenticate-token.ts'
import type { Actor } from '../../domain/actor.ts'
import type { CustomAttributes } from '../../domain/attributes.ts'
import type { TemporalStatus } from '../../domain/status-view.ts'

/** Everything that the API needs of the world. */
export interface ApiWorld {
  readonly challenges: ChallengeWorld
  /** Whose a token is, remembered for some seconds; left out: the database is asked with every request. */
  readonly authenticate?: (token: string) => Promise<Caller | null>
  /** Tells the workflows that something became due. Neither waits nor throws. */
  readonly nudge: () => void
  readonly runs: RunControl
  /** What Temporal says of itself and our queue; null where it does not answer in time. */
  readonly describeTemporal: () => Promise<TemporalStatus | null>
  /** Attributes beyond SCIM's own, which filters may name. */
  readonly customAttributes: CustomAttributes
  /** Of this build. */
  readonly version: string
}

/** What the API asks of the workflows that carry runs. */
export interface RunControl {
  /**
   * Starts a run of a source, or joins the one that goes on; answers as soon as a worker has taken it. The caller has
   * checked that the source can be read. Throws `temporal-unavailable` (retryable) where nobody takes it in time.
   */
  start(request: {
    readonly source: string
    readonly kind: 'full' | 'changes'
    readonly requestedBy: Actor
  }): Promise<{ readonly runId: string; readonly joined: boolean }>
  /** Lets the second half of an approved run begin. Neither waits nor throws: the sweep finds what was not told. */
  settle(runId: string): void
}
