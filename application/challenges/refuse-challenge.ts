import type { ChallengeStatus, ClientSettings, NotAvailableReason } from '../../domain/challenge.ts'
import {
  alternativesTo,
  type Choice,
  isSwitchedOn,
  remediesFor,
  type Standing,
  type Wish,
} from '../../domain/challenge-choice.ts'
import { ChallengeFault } from '../../domain/challenge-fault.ts'
import { lockedForGood } from '../../domain/challenge-tries.ts'
import { MusterError } from '../../domain/error.ts'
import type { Factor } from '../../domain/factor.ts'

const sentences: Readonly<Record<Factor, string>> = {
  'otp-sms': 'No mobile number registered',
  'otp-email': 'No e-mail address registered',
}

const explanations: Readonly<Record<NotAvailableReason, string>> = {
  'no-right': ' that may be used: the person has no right to this factor here',
  'not-enrolled': '',
  'not-proven': ' that may be used: the address must be proven first',
  disabled: ' that may be used: it is disabled',
  locked: ' that may be used now: it is locked after too many wrong codes',
  undeliverable: ' that may be used: messages to it cannot be delivered',
}

/** The one answer to clients that are not trusted to know why. */
export function notAvailable(): ChallengeFault {
  return new ChallengeFault('not-available', 'No code can be sent.')
}

/** There is nothing to send to: the reason and what can be done, for clients that may know. */
export function refuseChoice(
  choice: Extract<Choice, { readonly enrollments: null }>,
  standing: Standing,
  wish: Wish,
): ChallengeFault {
  const actions = [...remediesFor(choice, wish), ...alternativesTo(standing, wish)]
  if (!wish.client.trusted) return notAvailable()
  const { reason } = choice
  const sentence = `${sentences[wish.factor]}${explanations[reason]}.`
  const facts = {
    reason,
    actions,
    ...(choice.lockedUntil === null ? {} : lockFacts(choice.lockedUntil, wish.now)),
  }
  if (wish.purpose === 'enrollment' && (reason === 'no-right' || !isSwitchedOn(wish)))
    return new ChallengeFault('right-missing', 'The right to enroll this factor is missing.', facts)
  return new ChallengeFault(reason, sentence, facts)
}

/** No identity, or several, answer to the name. */
export function refuseName(kind: 'none' | 'several', client: ClientSettings): MusterError {
  if (!client.trusted) return notAvailable()
  return kind === 'none'
    ? new MusterError('not-found', 'There is no such identity.')
    : new MusterError('ambiguous-identity', 'Several identities answer to this name; name one by its id.')
}

/** For a challenge that is not there, or that is another client's. */
export function noSuchChallenge(): MusterError {
  return new MusterError('not-found', 'There is no such challenge.')
}

/** Why a code cannot be checked, or sent, any more. A code that was used is as wrong as any other. */
export function refuseEnded(status: Exclude<ChallengeStatus, 'pending'>): ChallengeFault {
  switch (status) {
    case 'selecting':
      return new ChallengeFault('choice-missing', 'Where the code goes must be chosen first.', {
        actions: ['other-address'],
      })
    case 'passed':
    case 'failed':
      return new ChallengeFault('invalid-code', 'Invalid code', {
        remainingAttempts: 0,
        actions: ['new-challenge'],
      })
    case 'expired':
    case 'cancelled':
    case 'superseded':
      return new ChallengeFault('code-expired', 'Code expired', {
        remainingAttempts: 0,
        actions: ['new-challenge'],
      })
    default:
      return status satisfies never
  }
}

/** No code is compared while a lock holds. */
export function refuseLocked(lockedUntil: Date | null, now: Date): ChallengeFault {
  const until = lockedUntil?.toISOString() ?? lockedForGood
  return new ChallengeFault('locked', 'Locked after too many wrong codes', {
    remainingAttempts: 0,
    actions: until === lockedForGood ? ['prove', 'other-factor'] : ['wait', 'other-factor'],
    ...lockFacts(until, now.toISOString()),
  })
}

/** What a lock says of its end; for good it has none. */
export function lockFacts(
  until: string,
  now: string,
): { readonly lockedUntil: string | null; readonly retryAfter?: number } {
  if (until === lockedForGood) return { lockedUntil: null }
  const retryAfter = Math.max(1, Math.ceil((Date.parse(until) - Date.parse(now)) / 1000))
  return { lockedUntil: until, retryAfter }
}
