import { AddressFault } from '../domain/address-fault.ts'
import type { StatedActor } from '../domain/challenge.ts'
import { ChallengeFault } from '../domain/challenge-fault.ts'
import type { Enrollment, EnrollmentOrigin } from '../domain/enrollment.ts'
import { withStatus } from '../domain/enrollment-status.ts'
import { MusterError } from '../domain/error.ts'
import type { Factor } from '../domain/factor.ts'
import { hasRightFor } from '../domain/right-for-client.ts'
import type { Transaction } from '../store/database.ts'
import { type ChallengeWorld, findClient } from './challenges/challenge-world.ts'
import { lockStanding } from './challenges/read-standing.ts'
import { normaliseAddress } from './normalise-address.ts'

/** Addresses that one identity may have for a factor, tombstones aside: a limit against abuse, not a policy. */
const mostAddresses = 10

/** Who writes for whom, from where. */
export interface SelfServiceRequest {
  readonly client: string
  readonly identityId: string
  readonly actor: StatedActor
}

/**
 * Locks an identity for a write by its person and answers all its enrollments. Throws `right-missing` where the
 * factor is not to be enrolled by oneself here, or the right is not effective; of an identity that is not there the
 * same (architecture rule 14).
 */
export async function lockForRegistration(
  trx: Transaction,
  world: ChallengeWorld,
  { client: clientId, identityId, actor }: SelfServiceRequest,
  factor: Factor,
): Promise<readonly Enrollment[]> {
  const client = findClient(world, clientId)
  const { standing } = await lockStanding(trx, world.store, identityId)
  const now = world.clock().toISOString()
  const isOpen = world.factors.registration.includes(factor) && client.registration.includes(factor)
  const { rights, active } = standing
  if (!(isOpen && hasRightFor(rights, { factor, client: clientId, active, now })))
    throw new ChallengeFault('right-missing', 'The right to enroll this factor is missing.', {
      actions: actor.kind === 'self' ? ['other-factor'] : [],
    })
  return standing.enrollments
}

/** The address that a person typed, as it is enrolled. Throws `unusable-address` with the reason. */
export function readTypedAddress(
  world: Pick<ChallengeWorld, 'limits'>,
  typed: { readonly factor: Factor; readonly address: string; readonly country: string | null },
): { readonly value: string; readonly key: string } {
  const { value, key, unusable } = normaliseAddress(
    typed.factor,
    typed.address,
    typed.country,
    world.limits.countries,
  )
  if (key === null || unusable !== null)
    throw new AddressFault(unusable ?? (typed.factor === 'otp-sms' ? 'invalid-number' : 'malformed-mailbox'))
  return { value, key }
}

/** Throws where one more address would be too many (`too-many-enrollments`). */
export function requireRoom(enrollments: readonly Enrollment[], factor: Factor): void {
  const held = enrollments.filter((row) => row.factor === factor && row.removed === null)
  if (held.length >= mostAddresses)
    throw new MusterError(
      'too-many-enrollments',
      `A person can have ${mostAddresses} addresses for a factor; remove one first.`,
    )
}

/** What a person put there. */
export function selfOrigin(since: string): EnrollmentOrigin {
  return {
    kind: 'self',
    policy: null,
    source: null,
    attribute: null,
    type: null,
    since,
    onUnmatch: null,
  }
}

/** Writes an enrollment that a person added or changed, with its audit event, and makes the identity due. */
export async function writeOwnEnrollment(
  trx: Transaction,
  { store, clock }: Pick<ChallengeWorld, 'store' | 'clock'>,
  request: SelfServiceRequest,
  before: Enrollment | null,
  edited: Enrollment,
): Promise<Enrollment> {
  const now = clock()
  const { identityId, actor, client } = request
  const after = withStatus(edited, { rightEffective: true, now: now.toISOString() })
  if (before === null) await store.enrollments.insertEnrollments(trx, [{ ...after, identityId }])
  else await store.enrollments.updateEnrollments(trx, [{ ...after, identityId }])
  await store.identities.markDue(trx, [identityId], { at: now, reason: 'manual', runId: null })
  await store.audit.insertAuditEvents(trx, [
    {
      at: now,
      action: 'enrollment-changed',
      actor: { kind: actor.kind, id: actor.id },
      identityId,
      runId: null,
      policySet: null,
      effects: null,
      reason: null,
      detail: { enrollment: after.id, factor: after.factor, client, before, after },
    },
  ])
  return after
}
