import type { Actor } from '../domain/actor.ts'
import type { DeliveryStep } from '../domain/delivery.ts'
import type { RunKind } from '../domain/run.ts'

/** The world's side of the workflows, as the workflows see it. Counts and opaque ids only. */
export interface Activities {
  /** Starts a run, or finds the one of that source that goes on. */
  beginRun(request: {
    readonly runId: string
    readonly source: string
    readonly kind: RunKind
    readonly requestedBy: Actor
    readonly workflowId: string
  }): Promise<{ readonly runId: string; readonly joined: boolean }>
  /** Reads the source wholly into the store. One heartbeating activity: a retry reads again from the start. */
  readSource(request: { readonly runId: string; readonly source: string }): Promise<ReadSummary>
  /** Decides and applies some of what is due; go on with the cursor until it is null. */
  drainSome(request: { readonly runId: string | null; readonly cursor: string | null }): Promise<DrainSummary>
  /** Weighs what the run would take away; over the limit the run is held. */
  weighRun(request: { readonly runId: string }): Promise<'release' | 'hold'>
  /** Applies some of what the run has parked, until `released` and `again` are both 0. */
  releaseSome(request: {
    readonly runId: string
  }): Promise<{ readonly released: number; readonly again: number }>
  finishRun(request: { readonly runId: string; readonly end: RunEnd }): Promise<'completed' | 'failed'>
  /** What no run looks after: reviews, dates reached, runs whose workflow is gone. */
  sweepOnce(): Promise<SweepSummary>
}

/** Those of the queue for deliveries. */
export interface DeliveryActivities {
  /** One attempt; running it twice sends at worst the same code twice. */
  attemptDelivery(request: { readonly deliveryId: string }): Promise<DeliveryStep>
}

export interface ReadSummary {
  readonly entries: number
  readonly complete: boolean
}

export interface DrainSummary {
  readonly cursor: string | null
  readonly decided: number
  readonly effects: number
}

/** How a run ends. `settled`: by what its read says; the others whatever it says. */
export type RunEnd = 'settled' | 'cancelled' | 'failed'

export interface SweepSummary {
  readonly madeDue: number
  readonly closed: number
  /** Runs that have work left and nobody who does it. */
  readonly unsettled: readonly string[]
}
