/** `count` messages at once, then one more every `per / count`: a generic cell rate. `per` in milliseconds. */
export interface RateLimit {
  readonly count: number
  readonly per: number
}

/** Messages a day (UTC), apart for proven addresses and for all others. */
export interface MessageBudget {
  readonly proven: number
  readonly unproven: number
}

/** Stops a range of numbers whose codes are sent but never typed (SMS pumping). */
export interface BreakerSettings {
  /** `record` raises the alert and lets messages through; `enforce` refuses them too; `off` does not look. */
  readonly mode: 'off' | 'record' | 'enforce'
  /** Messages to one prefix (a number less its last 4 digits) before it is judged. */
  readonly sends: number
  /** The same for the wide prefix (less 6 digits). */
  readonly wideSends: number
  /** Opens where typed / sent is below this (0 to 1). */
  readonly ratio: number
  /** Milliseconds of the past that are weighed; 7 days at most. */
  readonly window: number
  /** Milliseconds that a person may need to type: younger messages are not weighed. */
  readonly settle: number
  /** Milliseconds from opening to the first probe, and between probes. */
  readonly probeAfter: number
}

/**
 * Limits against abuse of money and people. Every one of them counts proven addresses apart from all others, so that
 * what a stranger sends to an unproven address takes nothing from the people who proved theirs.
 */
export interface LimitSettings {
  /** To one address; mailboxes that differ by a plus tag are one. Messages whose code was typed are given back. */
  readonly destinationHour: RateLimit
  readonly destinationDay: RateLimit
  /** For one identity, over all its addresses. */
  readonly identityHour: RateLimit
  readonly identityDay: RateLimit
  /** Asked for by one client. */
  readonly client: RateLimit
  /** Asked for from one network: an IPv4 /24 or an IPv6 /64. */
  readonly network: RateLimit
  /** To numbers that differ in the last 4 digits only. Messages whose code was typed are given back. */
  readonly prefix: RateLimit
  /** To numbers that differ in the last 6 digits only. Messages whose code was typed are given back. */
  readonly widePrefix: RateLimit
  /** Text messages to one country. */
  readonly country: RateLimit
  readonly budget: { readonly sms: MessageBudget; readonly email: MessageBudget }
  readonly breaker: BreakerSettings
  /** Where text messages may go (ISO 3166-1 alpha-2): the configuration's `countries:`. Null: no limit of countries. */
  readonly countries: ReadonlySet<string> | null
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** What holds where the configuration's `limits:` says nothing else. */
export const defaultLimits: LimitSettings = {
  destinationHour: { count: 5, per: hour },
  destinationDay: { count: 15, per: day },
  identityHour: { count: 20, per: hour },
  identityDay: { count: 60, per: day },
  client: { count: 1000, per: minute },
  network: { count: 600, per: hour },
  prefix: { count: 100, per: hour },
  widePrefix: { count: 500, per: hour },
  country: { count: 2000, per: hour },
  budget: { sms: { proven: 10_000, unproven: 2_000 }, email: { proven: 100_000, unproven: 20_000 } },
  breaker: {
    mode: 'enforce',
    sends: 20,
    wideSends: 60,
    ratio: 0.1,
    window: 6 * hour,
    settle: 2 * minute,
    probeAfter: 30 * minute,
  },
  countries: null,
}

/** The name of a limit that refused a message. */
export type LimitName = keyof LimitSettings
