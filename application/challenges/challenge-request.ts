import type { ChallengePurpose, StatedActor } from '../../domain/challenge.ts'
import type { Factor } from '../../domain/factor.ts'
import type { IdentityName } from './challenge-world.ts'

/** What a client asks for. */
export interface NewChallenge {
  /** The client's id, as its token proves it. */
  readonly client: string
  readonly identity: IdentityName
  readonly factor: Factor
  /** Null: the one that can be used, or the person's choice among several. */
  readonly enrollmentId: string | null
  readonly purpose: ChallengePurpose
  readonly context: {
    readonly ip: string | null
    readonly userAgent: string | null
    /** What the person agrees to by typing the code; only its hash is kept, bound to the code. */
    readonly transaction: string | null
  }
  /** BCP 47; null: the identity's own. */
  readonly locale: string | null
  readonly actor: StatedActor | null
  /** The same key with the same request answers the same challenge and sends nothing again. */
  readonly idempotencyKey: string | null
}

/** A challenge as its client names it; to others it is not there. */
export interface ChallengeName {
  readonly client: string
  readonly challengeId: string
}
