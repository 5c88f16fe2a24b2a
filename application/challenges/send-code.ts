import type { ClientSettings } from '../../domain/challenge.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import type { DeliveryChannel } from '../../domain/delivery.ts'
import type { Enrollment } from '../../domain/enrollment.ts'
import type { Factor } from '../../domain/factor.ts'
import { isAfter } from '../../domain/instant.ts'
import type { Transaction } from '../../store/database.ts'
import type { ChallengeTarget, StoredChallenge } from '../../store/write/challenges.ts'
import { queueDelivery } from '../deliveries/queue-delivery.ts'
import { takeAllowance } from '../limits/take-allowance.ts'
import { normaliseAddress } from '../normalise-address.ts'
import type { ChallengeWorld } from './challenge-world.ts'

/** What carries the messages of a factor. */
export function channelOf(factor: Factor): DeliveryChannel {
  return factor === 'otp-sms' ? 'sms' : 'email'
}

/** Milliseconds from the nth send to the next; null: it was the last. */
export function waitAfter({ settings }: Pick<ChallengeWorld, 'settings'>, sends: number): number | null {
  if (sends >= settings.sends) return null
  return settings.waits[sends - 1] ?? settings.waits.at(-1) ?? 0
}

/** A fresh nonce and the active key for a code that goes to this enrollment. */
export function targetOf(world: ChallengeWorld, enrollment: Enrollment, tries: number): ChallengeTarget {
  return {
    enrollmentId: enrollment.id,
    nonce: world.randomBytes(32),
    keyId: world.keys.active,
    tries,
    wait: waitAfter(world, 1),
  }
}

/**
 * Queues the message of a challenge that waits for its code, if every limit allows it, and answers the delivery's id.
 * Throws `too-many-requests`; the caller's transaction then leaves nothing. Call it last: shared counters stay locked
 * until the commit.
 */
export async function sendCode(
  trx: Transaction,
  world: ChallengeWorld,
  client: ClientSettings,
  challenge: StoredChallenge,
  enrollment: Enrollment,
): Promise<string> {
  const { store } = world
  const now = world.clock()
  const channel = channelOf(challenge.factor)
  const deliveryId = world.newId()
  await queueDelivery(trx, store, {
    id: deliveryId,
    kind: 'code',
    challengeId: challenge.id,
    identityId: challenge.identityId,
    enrollmentId: enrollment.id,
    channel,
    address: null,
    template: challenge.purpose,
    parameters: { client: client.name, origin: client.origin },
    locale: challenge.locale,
    deadline: challenge.expiresAt,
    now,
  })
  const allowance = await takeAllowance(trx, store, {
    channel,
    key: enrollment.key,
    addressKey: world.addressKey,
    proven: wasTyped(enrollment),
    identityId: challenge.identityId,
    client: client.id,
    ip: challenge.context.ip,
    country: countryOf(enrollment),
    now,
    settings: world.limits,
  })
  if (!allowance.ok) {
    throw new ChallengeFault('too-many-requests', 'Too many requests', {
      retryAfter: allowance.retryAfter,
      actions: ['wait'],
    })
  }
  return deliveryId
}

/** Whether a code was ever typed from there: strangers cannot use up what such an address may be sent. */
function wasTyped({ proof, lastUsed, addressChangedAt }: Enrollment): boolean {
  if (proof === 'proven') return true
  return lastUsed !== null && (addressChangedAt === null || isAfter(lastUsed.at, addressChangedAt))
}

function countryOf({ factor, address }: Enrollment): string | null {
  return factor === 'otp-sms' ? normaliseAddress(factor, address, null, null).country : null
}
