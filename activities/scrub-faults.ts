import { ApplicationFailure, CancelledFailure, CompleteAsyncError } from '@temporalio/activity'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { isDatabaseAway } from '../application/database-away.ts'
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
  if (isDatabaseAway(error)) {
    const sentence = 'The database cannot be reached or is short of resources; the step is tried again.'
    return { code: 'database-unavailable', retryable: true, sentence }
  }
  return { code: 'internal', retryable: false, sentence: 'The step failed; the log of the worker says why.' }
}
