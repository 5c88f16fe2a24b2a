import type { ChallengeAction, ChallengeView, ClientSettings } from '../../domain/challenge.ts'
import { alternativesTo, type Wish } from '../../domain/challenge-choice.ts'
import { maskAddress } from '../../domain/masked.ts'
import type { StoredChallenge } from '../../store/write/challenges.ts'
import type { ChallengeWorld } from './challenge-world.ts'
import type { KnownStanding } from './read-standing.ts'

/** Challenges in a day whose code never arrived, after which the first answer names the alternatives. */
const undeliveredLimit = 2

/** What is asked, in the terms of the choice: of a challenge that stands, or of one to come. */
export function wishOf(
  world: Pick<ChallengeWorld, 'factors' | 'clock'>,
  client: ClientSettings,
  asked: Pick<Wish, 'purpose' | 'factor' | 'enrollmentId'>,
): Wish {
  const { purpose, factor, enrollmentId } = asked
  return { purpose, factor, enrollmentId, client, factors: world.factors, now: world.clock().toISOString() }
}

/** Whether the person may be waiting in vain: then the answer names what else there is. */
export function needsAlternatives(challenge: StoredChallenge): boolean {
  const { status, sends, maxSends, deliveryStatus } = challenge
  // An address that cannot be reached has its challenge cancelled: the person still waits.
  if (isLost(deliveryStatus)) return status === 'pending' || status === 'cancelled'
  return status === 'pending' && sends >= maxSends
}

/** The alternatives that an answer names. */
export function namedAlternatives(
  known: KnownStanding,
  challenge: StoredChallenge,
  wish: Wish,
): readonly ChallengeAction[] {
  const { enrollmentId } = challenge
  const lost = enrollmentId !== null && (known.undelivered[enrollmentId] ?? 0) >= undeliveredLimit
  if (!lost && !needsAlternatives(challenge)) return []
  return alternativesTo(known.standing, { ...wish, enrollmentId })
}

/** A challenge as its client sees it. */
export function viewChallenge(
  challenge: StoredChallenge,
  alternatives: readonly ChallengeAction[],
): ChallengeView {
  const { id, status, purpose, factor, enrollmentId, address, choices } = challenge
  const live = status === 'pending' || status === 'selecting'
  const chosen = choices?.find((choice) => choice.enrollmentId === enrollmentId)?.masked
  const sentTo = address === null ? null : (chosen ?? maskAddress(factor, address))
  const resends = status === 'pending' && challenge.sends < challenge.maxSends
  return {
    id,
    status,
    purpose,
    factor,
    sentTo,
    choices: status === 'selecting' ? choices : null,
    expiresAt: challenge.expiresAt.toISOString(),
    resendAt: resends ? (challenge.resendAt?.toISOString() ?? null) : null,
    remainingAttempts: live ? Math.max(0, challenge.tries - challenge.attempts) : 0,
    delivery: challenge.deliveryStatus === null ? null : { status: challenge.deliveryStatus, alternatives },
  }
}

function isLost(deliveryStatus: string | null): boolean {
  return deliveryStatus === 'failed' || deliveryStatus === 'abandoned'
}
