/**
 * Every fault that Muster reports, by code. The list is closed: a caller may switch over it, and a new code
 * is a new line here.
 */
export type ErrorCode =
  | 'ambiguous-identity'
  | 'configuration'
  | 'correlation-ambiguous'
  | 'database-unavailable'
  | 'filter-invalid'
  | 'filter-too-slow'
  | 'held'
  | 'internal'
  | 'not-found'
  | 'policy-invalid'
  | 'port-unavailable'
  | 'run-not-held'
  | 'source-unreachable'
  | 'source-refused'
  | 'source-unreadable'
  | 'source-unknown'
  | 'stack-not-running'
  | 'stack-running'
  | 'temporal-unavailable'
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
