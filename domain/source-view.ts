/**
 * How a source stands: `frozen` was taken out of the configuration, `never-read` has no run yet, or nothing was
 * ever asked through it; `pushed` is a SCIM connection in use; the others say how its newest run went.
 */
export const sourceStates = [
  'frozen',
  'never-read',
  'pushed',
  'running',
  'proved',
  'incomplete',
  'held',
  'failed',
] as const
export type SourceState = (typeof sourceStates)[number]

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
  /** What is pushed through a SCIM connection; null for a source that is read. */
  readonly connection: ConnectionView | null
}

/** A SCIM connection as operators see it. Counters lag by a second or two. */
export interface ConnectionView {
  readonly people: number
  readonly groups: number
  /** Of these people, those whose change is not decided yet. */
  readonly due: number
  readonly lastRequestAt: string | null
  readonly requests: number
  /** Refused requests by kind: the scimType, else the status. */
  readonly refused: Readonly<Record<string, number>>
}

/** A request that a connection was refused, with addresses masked. */
export interface RefusalView {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly kind: string
  readonly detail: string
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
  /** The newest refused requests of a SCIM connection (a hundred at most), newest first. */
  readonly lastRefusals: readonly RefusalView[]
}
