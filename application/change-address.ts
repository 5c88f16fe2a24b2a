import { ChallengeFault } from '../domain/challenge-fault.ts'
import type { Enrollment } from '../domain/enrollment.ts'
import { MusterError } from '../domain/error.ts'
import type { ChallengeWorld } from './challenges/challenge-world.ts'
import { type AddedAddress, type AddressRequest, pendingEnrollment } from './enroll-address.ts'
import { isFreshlySignedIn } from './fresh-sign-in.ts'
import { lockForRegistration, readTypedAddress, requireRoom, writeOwnEnrollment } from './self-service.ts'

/** A person gives an enrollment another address. */
export interface AddressChange extends Omit<AddressRequest, 'factor'> {
  readonly enrollmentId: string
  /** A challenge that was passed with another enrollment, instead of a fresh sign-in; null: none. */
  readonly challengeId: string | null
}

/**
 * A change of number or mailbox: the new address is enrolled pending, and takes the place of the old one in the
 * transaction that proves it; until then the old one stays in use. A second change before that takes the first one's
 * place. Throws as `enrollAddress` does, `not-found`, and `already-enrolled` where the new address has an enrollment.
 */
export async function changeAddress(world: ChallengeWorld, change: AddressChange): Promise<AddedAddress> {
  const { store } = world
  const found = await store.enrollments.readEnrollment(store.database, change.enrollmentId)
  if (found === null || found.identityId !== change.identityId || found.removed !== null)
    throw noSuchEnrollment()
  return store.transaction(async (trx) => {
    const enrollments = await lockForRegistration(trx, world, change, found.factor)
    await requireEvidence(world, change)
    const old = enrollments.find(({ id, removed }) => id === change.enrollmentId && removed === null)
    if (old === undefined) throw noSuchEnrollment()
    if (old.disabled?.by === 'admin')
      throw new ChallengeFault('disabled', 'An administrator disabled this address.')
    const { value, key } = readTypedAddress(world, { ...change, factor: old.factor })
    const present = enrollments.find((row) => row.factor === old.factor && row.key === key) ?? null
    const now = world.clock().toISOString()
    if (present !== null && present.removed === null && !isWaiting(present, old))
      throw new MusterError('already-enrolled', 'This address is enrolled already.')
    const row = present ?? enrollments.find((each) => isWaiting(each, old)) ?? null
    if (row === null || row.removed !== null) requireRoom(enrollments, old.factor)
    const fresh = pendingEnrollment(world, row, { factor: old.factor, value, key, now })
    const after = await writeOwnEnrollment(trx, world, change, row, { ...fresh, replaces: old.id })
    return { enrollmentId: after.id, needsProof: true }
  })
}

/** An earlier change of the same enrollment by the person that nobody has proven. */
function isWaiting(row: Enrollment, old: Enrollment): boolean {
  const isOwn = row.origins.every(({ kind }) => kind === 'self')
  return isOwn && row.replaces === old.id && row.removed === null && row.proof !== 'proven'
}

/** A change of address is a new binding: it needs a fresh sign-in, or a code at another address just now. */
async function requireEvidence(world: ChallengeWorld, change: AddressChange): Promise<void> {
  const now = world.clock()
  if (change.actor.kind !== 'self' || isFreshlySignedIn(change.actor, now)) return
  const shown =
    change.challengeId === null
      ? null
      : await world.store.passed.readPassed(world.store.database, change.challengeId, change.client)
  const counts =
    shown !== null &&
    shown.identityId === change.identityId &&
    shown.enrollmentId !== change.enrollmentId &&
    now.getTime() - shown.endedAt.getTime() <= evidenceFor
  if (!counts)
    throw new MusterError(
      'fresh-sign-in-needed',
      'A change of address needs actor.authenticatedAt, or a challenge passed with another enrollment, at most 15 minutes ago.',
    )
}

/** Milliseconds that a passed challenge counts. */
const evidenceFor = 15 * 60_000

function noSuchEnrollment(): MusterError {
  return new MusterError('not-found', 'There is no such enrollment.')
}
