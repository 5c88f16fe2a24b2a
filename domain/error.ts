/**
 * Every fault that Muster reports, by code. The list is closed: a caller may switch over it, and a new code
 * is a new line here.
 */
export type ErrorCode =
  | 'already-enrolled'
  | 'ambiguous-identity'
  | 'audit-chain-broken'
  | 'choice-missing'
  | 'client-unknown'
  | 'code-expired'
  | 'configuration'
  | 'correlation-ambiguous'
  | 'database-unavailable'
  | 'disabled'
  | 'filter-invalid'
  | 'filter-too-broad'
  | 'filter-too-slow'
  | 'forbidden'
  | 'fresh-sign-in-needed'
  | 'held'
  | 'idempotency-conflict'
  | 'internal'
  | 'invalid-code'
  | 'locked'
  | 'no-more-sends'
  | 'no-right'
  | 'not-available'
  | 'not-enrolled'
  | 'not-found'
  | 'not-proven'
  | 'policy-invalid'
  | 'port-unavailable'
  | 'right-missing'
  | 'run-not-held'
  | 'source-pushed'
  | 'source-refused'
  | 'source-unknown'
  | 'source-unreachable'
  | 'source-unreadable'
  | 'stack-not-running'
  | 'stack-running'
  | 'temporal-unavailable'
  | 'too-many-enrollments'
  | 'too-many-requests'
  | 'unauthorized'
  | 'undeliverable'
  | 'unusable-address'
  | 'usage'

/** What is known about a fault beside its public sentence. */
interface ErrorOptions {
  readonly cause?: unknown
  /** True where the same call may succeed later without anybody changing anything. Final by default. */
  readonly retryable?: boolean
  /** For the log and the operator: may name hosts, files and settings; never an address, a name or a secret. */
  readonly detail?: string
}

/** A fault with a sentence that may be shown to the caller (`message`) apart from its private detail. */
export class MusterError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly detail: string | null

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MusterError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.detail = options.detail ?? null
  }
}
