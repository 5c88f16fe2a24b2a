/** A batch of audit events that was sealed, or the summary of all that retention has removed. */
export interface AuditSeal {
  /** 1, 2, 3 …; a summary has the number of the last batch that it stands for. */
  readonly number: number
  readonly kind: 'batch' | 'summary'
  /** Numbers of its first and last event. */
  readonly firstEvent: number
  readonly lastEvent: number
  readonly events: number
  /** How many events of each action. */
  readonly actions: Readonly<Record<string, number>>
  /** Times of its oldest and its newest event. */
  readonly oldest: Date
  readonly newest: Date
  /** SHA-256 over the hashes of its events, in hexadecimal digits like all of these. */
  readonly content: string
  /** The hash of the seal before. */
  readonly previous: string
  readonly hash: string
  readonly sealedAt: Date
}

/** What precedes the first seal. */
export const noSeal = '0'.repeat(64)

/** Less than the number of any event, whoever wrote it. */
export const beforeAllEvents = Number.MIN_SAFE_INTEGER

/** What a seal that somebody keeps elsewhere says: the chain must hold it. */
export interface PinnedSeal {
  readonly number: number
  readonly hash: string
}

/** One thing that is not as it was sealed. */
export interface AuditFault {
  readonly kind:
    | 'event-changed'
    | 'event-missing'
    | 'event-inserted'
    | 'seal-changed'
    | 'seal-missing'
    | 'summary-changed'
    | 'pin-missing'
  /** Number of the seal. */
  readonly seal: number
  /** Id of the event, where it is about one. */
  readonly event: string | null
}

/** What the look at a chain found. */
export interface AuditVerdict {
  readonly ok: boolean
  /** How much was looked at. */
  readonly seals: number
  readonly events: number
  /** Events that are not sealed yet. */
  readonly unsealed: number
  /** Events that retention has removed, of which only the summary is left. */
  readonly removed: number
  /** The newest seal; null: nothing is sealed yet. */
  readonly head: (PinnedSeal & { readonly sealedAt: string }) | null
}
