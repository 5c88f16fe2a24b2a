/**
 * What the outside may say to the workflows: names, arguments and answers. The server and the CLI import this file
 * and nothing else of the folder. Opaque ids and counts only (architecture rule 11).
 */
import { defineQuery, defineSignal } from '@temporalio/workflow'
import type { Actor } from '../domain/actor.ts'
import type { RunKind } from '../domain/run.ts'

/** The queue that the worker of this build listens on unless told otherwise. */
export const taskQueue = 'muster'

/** The queue of `deliverChallenge`: a reconciliation of thousands never stands before a code. */
export const deliveryTaskQueue = 'muster-deliveries'

export interface DeliverRequest {
  readonly deliveryId: string
  /** RFC 3339: the workflow ends then at the latest. */
  readonly deadline: string
}

export interface ReconcileRequest {
  /** A new UUID; the run may turn out to be another's that goes on already (`RunResult.runId` is the one). */
  readonly runId: string | null
  readonly source: string
  readonly kind: Exclude<RunKind, 'policies'>
  readonly requestedBy: Actor
}

export interface SettleRequest {
  readonly runId: string
}

export interface RunResult {
  readonly runId: string
  /** True: another run of the source was going on, and this request joined it. */
  readonly joined: boolean
  readonly status: 'completed' | 'held' | 'failed' | 'joined'
}

export type RunPhase = 'starting' | 'reading' | 'deciding' | 'releasing' | 'ended'

export interface RunProgress {
  readonly runId: string | null
  readonly phase: RunPhase
  readonly entries: number
  readonly decided: number
  readonly effects: number
}

/** How far a run's workflow is. */
export const progressQuery = defineQuery<RunProgress>('progress')

/** Something became due. */
export const nudgeSignal = defineSignal('nudge')

export const workflowIds = {
  /** Schedules add a suffix of their own; one run of a source at a time is decided in PostgreSQL, not here. */
  reconcile: (runId: string) => `reconcile:${runId}`,
  settle: (runId: string) => `settle:${runId}`,
  drain: 'drain-due',
  deliver: (deliveryId: string) => `deliver:${deliveryId}`,
} as const
