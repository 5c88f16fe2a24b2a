import type { EnrollmentStatus } from './enrollment.ts'
import type { Factor } from './factor.ts'
import type { Run } from './run.ts'
import type { SourceView } from './source-view.ts'

/** What the store knows of the whole: what is there, what waits, what happened last. */
export interface StoreStatus {
  readonly sources: readonly SourceView[]
  /** The newest, of every source and of policy roll-outs. */
  readonly lastRuns: readonly Run[]
  readonly policySet: { readonly id: string; readonly since: string } | null
  readonly identities: { readonly total: number; readonly active: number }
  /** Effective rights by factor. */
  readonly rights: Partial<Record<Factor, number>>
  readonly enrollments: Partial<Record<EnrollmentStatus, number>>
  /** Identities that wait for a decision, and since when the oldest does. */
  readonly due: { readonly total: number; readonly oldest: string | null }
  /** Identities with effects that a brake holds, and the runs that hold them. */
  readonly held: { readonly total: number; readonly runs: readonly string[] }
  readonly audit: {
    /** Number of the newest seal, and when it was made; null: nothing is sealed yet. */
    readonly seal: number | null
    readonly sealedAt: string | null
    /** Events that are not sealed yet, and the time of the first of them. */
    readonly unsealed: number
    readonly unsealedSince: string | null
  }
}

/** What is shown of Temporal beside the store. */
export interface TemporalStatus {
  readonly address: string
  readonly namespace: string
  readonly version: string
  readonly queue: {
    readonly name: string
    /** Tasks that wait for a worker. */
    readonly backlog: number
    /** Workers seen in the last minutes, by what they poll for. */
    readonly pollers: { readonly workflows: number; readonly activities: number }
  }
}
