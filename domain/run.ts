import type { UnusableReason } from './address.ts'
import type { ReadOutcome } from './source-row.ts'

export const runKinds = ['full', 'changes', 'policies'] as const
export type RunKind = (typeof runKinds)[number]
export const runStatuses = ['running', 'completed', 'held', 'failed', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]

export interface EffectCounts {
  readonly rightsGranted: number
  readonly rightsRevoked: number
  readonly enrolled: number
  readonly replaced: number
  readonly suspended: number
  readonly resumed: number
  readonly removed: number
  readonly held: number
  readonly failed: number
}

export interface RecordCounts {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly missing: number
  readonly returned: number
  /** Rows whose correlation is ambiguous: reported, linked to nobody. */
  readonly notLinked: number
}

export interface IdentityCounts {
  readonly created: number
  readonly changed: number
  readonly deactivated: number
  readonly reactivated: number
}

/** A brake that tripped: what the run would have taken away, and the limit. */
export interface TrippedBrake {
  readonly name: 'takenAway'
  readonly limit: { readonly percent: number; readonly atLeast: number }
  readonly wouldBe: number
  readonly of: number
  readonly verdict: {
    readonly kind: 'approved' | 'rejected'
    readonly by: string
    readonly at: string
    readonly reason: string | null
  } | null
}

export interface RunSeconds {
  readonly read: number
  readonly stage: number
  readonly decide: number
  readonly apply: number
  readonly total: number
}

/** One reconciliation of one source, or one roll-out of a policy set (`source` null). */
export interface Run {
  readonly id: string
  readonly source: string | null
  readonly kind: RunKind
  readonly status: RunStatus
  readonly startedAt: string
  readonly endedAt: string | null
  readonly read: ReadOutcome | null
  readonly records: RecordCounts
  readonly identities: IdentityCounts
  readonly effects: EffectCounts
  readonly brakes: readonly TrippedBrake[]
  readonly unusable: Partial<Record<UnusableReason, number>>
  readonly seconds: RunSeconds
  /** Why it failed or was cancelled: a code and a sentence. */
  readonly fault: { readonly code: string; readonly message: string } | null
}
