import { ApplicationFailure, CancelledFailure, CompleteAsyncError } from '@temporalio/activity'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { MusterError } from '../domain/error.ts'

/** A fault and where it happened, for a log that takes care of what a foreign message may quote. */
export interface ActivityFault {
  readonly activity: string
  readonly attempt: number
  readonly code: string
  readonly err: unknown
}

/**
 * What workflow history learns of a fault: a code and a sentence of ours (architecture rule 11). Failure messages are
 * kept in plain text by Temporal, so nothing that a database or a directory said may pass.
 */
export function scrubFaults(onFault: (fault: ActivityFault) => void): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        try {
          return await next(input)
        } catch (error) {
          if (error instanceof CancelledFailure || error instanceof CompleteAsyncError) throw error
          const fault = classify(error)
          onFault({ activity: info.activityType, attempt: info.attempt, code: fault.code, err: error })
          throw ApplicationFailure.create({
            type: fault.code,
            message: fault.sentence,
            nonRetryable: !fault.retryable,
          })
        }
      },
    },
  })
}

interface Classified {
  readonly code: string
  readonly retryable: boolean
  readonly sentence: string
}

function classify(error: unknown): Classified {
  if (error instanceof MusterError) {
    return { code: error.code, retryable: error.retryable, sentence: error.message }
  }
  const code = codeOf(error)
  if (code !== null && isDatabaseAway(code)) {
    const sentence = 'The database cannot be reached or is short of resources; the step is tried again.'
    return { code: 'database-unavailable', retryable: true, sentence }
  }
  return { code: 'internal', retryable: false, sentence: 'The step failed; the log of the worker says why.' }
}

/**
 * PostgreSQL's classes 08 (connection), 53 (resources), 57 (operator intervention), 40 (rolled back) and 25006 (read
 * only, as after a fail-over), Node's socket errors, and knex's own two (PostgreSQL appendix A).
 */
function isDatabaseAway(code: string): boolean {
  return /^(08|53|57|40)...$|^25006$|^E[A-Z]+$|^connection$/.test(code)
}

/** What pg says without a code when a connection broke, at once or under a later statement (a ROLLBACK, mostly). */
const driverWords = /connection (terminated|ended|error)|not queryable|trying to connect|pool/i

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error.name === 'KnexTimeoutError' || driverWords.test(error.message)) return 'connection'
  return error.cause === undefined ? null : codeOf(error.cause)
}
