import type { AddressAttribute } from './address.ts'
import type { OnUnmatch } from './decision.ts'
import type { Factor } from './factor.ts'

/** How we know that the address is theirs (architecture rule 4). */
export type Proof = 'none' | 'asserted' | 'attested' | 'proven'

/** The first that holds, in this order: disabled, locked, undeliverable, pending, suspended, active. */
export const enrollmentStatuses = [
  'disabled',
  'locked',
  'undeliverable',
  'pending',
  'suspended',
  'active',
] as const
export type EnrollmentStatus = (typeof enrollmentStatuses)[number]

export interface EnrollmentOrigin {
  readonly kind: 'policy' | 'self' | 'admin'
  readonly policy: string | null
  readonly source: string | null
  readonly attribute: AddressAttribute | null
  /** The SCIM `type` of the value, so that a changed value is found again (architecture rule 3). */
  readonly type: string | null
  readonly since: string
  /** Policy origins: what happens when the policy no longer wants it. */
  readonly onUnmatch: OnUnmatch | null
}

/** A person switched it off. What an administrator disabled, only an administrator enables. */
export interface Disabled {
  readonly by: 'self' | 'admin'
  readonly id: string
  readonly at: string
  readonly reason: string | null
}

export interface LastUse {
  readonly at: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly client: string | null
}

/** One address bound to an identity for one factor: one row for each identity, factor and `key`. */
export interface Enrollment {
  readonly id: string
  readonly factor: Factor
  readonly address: string
  readonly key: string
  readonly origins: readonly EnrollmentOrigin[]
  readonly proof: Proof
  /** True until a code is typed: the origin asked for proof, or the value is `claimed`. */
  readonly proofRequired: boolean
  /** A held change: when this pending address is proven, it takes the place of that enrollment. */
  readonly replaces: string | null
  readonly disabled: Disabled | null
  readonly lockedUntil: string | null
  readonly undeliverableSince: string | null
  /** No origin wants it since then: suspended, and removed after the grace time. */
  readonly unwantedSince: string | null
  /** A person removed it: a tombstone that only a person's own adding clears (architecture rule 2). */
  readonly removed: { readonly by: 'self' | 'admin'; readonly id: string; readonly at: string } | null
  readonly enrolledAt: string
  readonly addressChangedAt: string | null
  readonly lastUsed: LastUse | null
  /** Derived and stored, so that lists and counts need no join. Null for a tombstone. */
  readonly status: EnrollmentStatus | null
  readonly statusReason: string | null
  readonly statusBy: string | null
  readonly statusSince: string
}

/** An enrollment that nobody has put anything on yet: without an origin, without a proof, its status not derived. */
export function blankEnrollment(
  id: string,
  factor: Factor,
  address: string,
  key: string,
  now: string,
): Enrollment {
  return {
    id,
    factor,
    address,
    key,
    origins: [],
    proof: 'none',
    proofRequired: false,
    replaces: null,
    disabled: null,
    lockedUntil: null,
    undeliverableSince: null,
    unwantedSince: null,
    removed: null,
    enrolledAt: now,
    addressChangedAt: null,
    lastUsed: null,
    status: null,
    statusReason: null,
    statusBy: null,
    statusSince: now,
  }
}
