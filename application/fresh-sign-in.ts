import type { StatedActor } from '../domain/challenge.ts'
import { MusterError } from '../domain/error.ts'

/** Milliseconds that a sign-in counts for a change by the person, and that clocks may differ. */
const [freshFor, clockSkew] = [15 * 60_000, 60_000] as const

/**
 * Whether the client states that the person signed in at most 15 minutes ago (NIST SP 800-63B-4 section 4.1.2, ASVS
 * 7.5.1). A time of the future is no statement.
 */
export function isFreshlySignedIn({ authenticatedAt }: StatedActor, now: Date): boolean {
  if (authenticatedAt === null) return false
  const age = now.getTime() - Date.parse(authenticatedAt)
  return age <= freshFor && age >= -clockSkew
}

/** Throws `fresh-sign-in-needed` where a person writes without a fresh sign-in; an administrator needs none here. */
export function requireFreshSignIn(actor: StatedActor, now: Date): void {
  if (actor.kind === 'self' && !isFreshlySignedIn(actor, now))
    throw new MusterError(
      'fresh-sign-in-needed',
      'A change by the person needs actor.authenticatedAt at most 15 minutes ago.',
    )
}
