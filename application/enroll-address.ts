import { ChallengeFault } from '../domain/challenge-fault.ts'
import { blankEnrollment, type Enrollment } from '../domain/enrollment.ts'
import type { Factor } from '../domain/factor.ts'
import type { ChallengeWorld } from './challenges/challenge-world.ts'
import { requireFreshSignIn } from './fresh-sign-in.ts'
import {
  lockForRegistration,
  readTypedAddress,
  requireRoom,
  type SelfServiceRequest,
  selfOrigin,
  writeOwnEnrollment,
} from './self-service.ts'

/** A person adds an address. */
export interface AddressRequest extends SelfServiceRequest {
  readonly factor: Factor
  /** As it was typed. */
  readonly address: string
  /** For a number without a country code (ISO 3166-1 alpha-2), or null to demand one. */
  readonly country: string | null
}

/** An address that a person added; a code has to prove it where it is not proven yet. */
export interface AddedAddress {
  readonly enrollmentId: string
  readonly needsProof: boolean
}

/**
 * A person enrolls an address: pending until its code is typed. An address that is there already gets the person's
 * origin; a tombstone, or the person's own switch, is cleared. Throws `right-missing`, `unusable-address`,
 * `fresh-sign-in-needed`, `too-many-enrollments`, and `disabled` for what an administrator switched off.
 */
export async function enrollAddress(world: ChallengeWorld, request: AddressRequest): Promise<AddedAddress> {
  const { store, clock } = world
  requireFreshSignIn(request.actor, clock())
  return store.transaction(async (trx) => {
    const enrollments = await lockForRegistration(trx, world, request, request.factor)
    const { value, key } = readTypedAddress(world, request)
    const present = enrollments.find((row) => row.factor === request.factor && row.key === key) ?? null
    if (present?.disabled?.by === 'admin')
      throw new ChallengeFault('disabled', 'An administrator disabled this address.')
    if (present === null || present.removed !== null) requireRoom(enrollments, request.factor)
    const now = clock().toISOString()
    const edited =
      present === null || present.removed !== null
        ? pendingEnrollment(world, present, { factor: request.factor, value, key, now })
        : withOwnOrigin(present, now)
    const after = await writeOwnEnrollment(trx, world, request, present, edited)
    return { enrollmentId: after.id, needsProof: after.proof !== 'proven' }
  })
}

/** An address of the person's own that nobody has proven. A row that was there before keeps its lock. */
export function pendingEnrollment(
  { newId }: Pick<ChallengeWorld, 'newId'>,
  before: Enrollment | null,
  fresh: { readonly factor: Factor; readonly value: string; readonly key: string; readonly now: string },
): Enrollment {
  const { factor, value, key, now } = fresh
  return {
    ...blankEnrollment(before?.id ?? newId(), factor, value, key, now),
    origins: [selfOrigin(now)],
    proofRequired: true,
    lockedUntil: before?.lockedUntil ?? null,
  }
}

/** What is usable stays usable: the address was known before the person named it. */
function withOwnOrigin(present: Enrollment, now: string): Enrollment {
  const own = present.origins.find(({ kind }) => kind === 'self')
  return {
    ...present,
    origins: own === undefined ? [...present.origins, selfOrigin(now)] : present.origins,
    disabled: null,
    unwantedSince: null,
  }
}
