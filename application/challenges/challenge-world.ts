import type { ChallengeSettings, ClientSettings } from '../../domain/challenge.ts'
import type { Clock } from '../../domain/clock.ts'
import { MusterError } from '../../domain/error.ts'
import type { Factor } from '../../domain/factor.ts'
import type { LimitSettings } from '../../domain/limit-settings.ts'
import type { Store } from '../../store/store.ts'
import type { KeyRing } from '../key-ring.ts'
import type { TypedCode } from '../limits/note-typed.ts'

/** What the challenge service is given; every door gives the same. */
export interface ChallengeWorld {
  readonly store: Store
  readonly clock: Clock
  /** A fresh UUID of version 7. */
  readonly newId: () => string
  /** From a cryptographic generator. */
  readonly randomBytes: (count: number) => Buffer
  readonly keys: KeyRing
  /** What addresses are hashed with where sends are counted: `deriveAddressKey(keys)`. */
  readonly addressKey: Buffer
  readonly settings: ChallengeSettings
  readonly limits: LimitSettings
  /** Clients by id. */
  readonly clients: ReadonlyMap<string, ClientSettings>
  /** The factors that may be used at all: for challenges, and for enrolling by oneself. */
  readonly factors: { readonly authentication: readonly Factor[]; readonly registration: readonly Factor[] }
  /** Told after the commit that a delivery waits for its first attempt. Neither waits nor throws. */
  readonly wake: (deliveryId: string) => void
  /** Told after the commit that a code was typed (`TypedTally`). Neither waits nor throws. */
  readonly noteTyped: (typed: TypedCode) => void
}

/** How a client names an identity. */
export type IdentityName =
  | { readonly id: string }
  | { readonly userName: string }
  | { readonly source: string; readonly externalId: string }

/** The settings of a client; `client-unknown` where its token outlived its entry in the configuration. */
export function findClient(world: Pick<ChallengeWorld, 'clients'>, id: string): ClientSettings {
  const client = world.clients.get(id)
  if (client === undefined) throw new MusterError('client-unknown', 'This client is not configured.')
  return client
}
