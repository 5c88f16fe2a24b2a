import type { Actor } from './actor.ts'
import type { Proof } from './enrollment.ts'
import type { Factor } from './factor.ts'

/** `authentication` asks for an enrolled address; `enrollment` proves a pending one. */
export type ChallengePurpose = 'authentication' | 'enrollment'

/** `selecting → pending → passed | failed | expired | cancelled | superseded`. */
export type ChallengeStatus =
  | 'selecting'
  | 'pending'
  | 'passed'
  | 'failed'
  | 'expired'
  | 'cancelled'
  | 'superseded'

/** Where a request came from, as the client states it. */
export interface ChallengeContext {
  readonly ip: string | null
  readonly userAgent: string | null
}

/** Why there is nothing to send to; told to trusted clients only. The first that holds. */
export type NotAvailableReason =
  | 'no-right'
  | 'not-enrolled'
  | 'not-proven'
  | 'disabled'
  | 'locked'
  | 'undeliverable'

/** What a person can do about a fault. */
export type ChallengeAction =
  | 'enroll'
  | 'prove'
  | 'other-factor'
  | 'other-address'
  | 'resend'
  | 'new-challenge'
  | 'wait'

export interface ChallengeChoice {
  readonly enrollmentId: string
  readonly masked: string
}

/** A challenge as its client sees it. */
export interface ChallengeView {
  readonly id: string
  readonly status: ChallengeStatus
  readonly purpose: ChallengePurpose
  readonly factor: Factor
  /** Masked; null while selecting. */
  readonly sentTo: string | null
  readonly choices: readonly ChallengeChoice[] | null
  readonly expiresAt: string
  /** When the next resend is allowed; null: no more sends, or none yet. */
  readonly resendAt: string | null
  readonly remainingAttempts: number
  readonly delivery: { readonly status: string; readonly alternatives: readonly ChallengeAction[] } | null
}

/** What a passed challenge proves. `amr` by RFC 8176: `sms` for a text message, `otp` for e-mail. */
export interface PassedChallenge {
  readonly status: 'passed'
  readonly amr: readonly ('sms' | 'otp')[]
  readonly enrollmentId: string
  readonly proof: Proof
  readonly addressChangedAt: string | null
}

/** A client as the configuration knows it. */
export interface ClientSettings {
  readonly id: string
  readonly name: string
  /** The origin of the page that asks, for the origin-bound line of a text message; null for none. */
  readonly origin: string | null
  /** May know why there is nothing to send to. */
  readonly trusted: boolean
  readonly authentication: readonly Factor[]
  readonly registration: readonly Factor[]
  readonly minProof: Proof
  /** Needs not say whose address a request came from. */
  readonly contextless: boolean
}

/** Lengths of time in milliseconds. */
export interface ChallengeSettings {
  readonly digits: number
  readonly validity: { readonly authentication: number; readonly sms: number; readonly email: number }
  readonly tries: number
  readonly sends: number
  /** Before the second send, the third, …; the last one repeats. */
  readonly waits: readonly number[]
}

/** Who writes on a person's behalf, and when the person last signed in (RFC 3339), as the client states it. */
export interface StatedActor extends Actor {
  readonly authenticatedAt: string | null
}
