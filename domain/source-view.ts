/**
 * How a source stands: `frozen` was taken out of the configuration, `never-read` has no run yet; the others say
 * how its newest run went.
 */
export type SourceState = 'frozen' | 'never-read' | 'running' | 'proved' | 'incomplete' | 'held' | 'failed'

/** A source of identities as operators see it. */
export interface SourceView {
  readonly name: string
  readonly type: string
  readonly state: SourceState
  readonly lastProvedAt: string | null
  readonly lastRun: string | null
  readonly records: { readonly total: number; readonly notLinked: number; readonly missing: number }
  /** Of the newest run: why it failed or has no proof, and the rows that could not be used. */
  readonly faults: readonly SourceFault[]
}

export interface SourceFault {
  readonly code: string
  readonly message: string
  /** A line number or an external id, where the fault is one row's. */
  readonly where: string | null
}

/** A record that could not be tied to an identity. */
export interface NotLinkedRecord {
  readonly externalId: string
  readonly fault: string | null
  readonly changedAt: string
}

/** One source with the records that nobody is linked to (the first thousand). */
export interface SourceDetail extends SourceView {
  readonly notLinked: readonly NotLinkedRecord[]
}
