import type { Attributes } from './attributes.ts'

/** What one source says of one person in one read: a source record before it is stored. */
export interface SourceRow {
  readonly externalId: string
  readonly attributes: Attributes
  /** What the source says of activity now; `true` where nothing in it says otherwise. */
  readonly active: boolean
  /** A future time (RFC 3339, UTC) at which the source will call the person inactive, or null. */
  readonly inactiveFrom: string | null
  /**
   * Names of the person's groups in this source, nested membership resolved, sorted. Null: this source brings
   * no groups, or (only where the caller asked for that, `ReadOptions.unknownGroups`) they are not known in this read.
   */
  readonly groups: readonly string[] | null
  /** The country for numbers without a country code (ISO 3166-1 alpha-2), or null. */
  readonly country: string | null
  /**
   * 16 bytes over everything that the source sent of the entry and that its groups are: equal ones make equal rows.
   * Left out where the reader cannot tell.
   */
  readonly fingerprint?: Uint8Array | null
}

/** The same row of an entry with this fingerprint. Written out: it is made for everybody who is read. */
export function withFingerprint(row: SourceRow, fingerprint: Uint8Array): SourceRow {
  const { externalId, attributes, active, inactiveFrom, groups, country } = row
  return { externalId, attributes, active, inactiveFrom, groups, country, fingerprint }
}

/** Why a read has no proof of completeness. A closed list: operators alert on these. */
export type ReadFaultCode =
  | 'unreachable'
  | 'tls-failed'
  | 'starttls-refused'
  | 'bind-refused'
  | 'base-not-found'
  | 'filter-refused'
  | 'access-denied'
  | 'size-limit'
  | 'time-limit'
  | 'paging-dropped'
  | 'paging-repeated'
  | 'referral'
  | 'reconnected'
  | 'undecodable'
  | 'range-incomplete'
  | 'too-large'
  | 'silent'
  | 'deadline'
  | 'closed'
  | 'server-error'
  | 'empty'
  | 'duplicate-id'
  | 'missing-id'
  | 'bad-row'
  | 'header-mismatch'
  | 'encoding'
  | 'file-changed'
  | 'unreadable'
  | 'unauthorized'
  | 'rate-limited'
  | 'redirected'
  | 'malformed'
  | 'moved'

export interface ReadFault {
  readonly code: ReadFaultCode
  /** A sentence for the operator: names host, base, file or line; never a person's value. */
  readonly message: string
}

/** How a read ended, with what its caller goes on with: neither is recorded with the run. */
export interface ReadEnd extends ReadOutcome {
  /** From where the changes after this read can be read, in the source's own writing. Null or left out: from nowhere. */
  readonly mark?: string | null
  /**
   * The names of the groups of anybody by external id, of a read of changes that read the groups wholly: memberships
   * change without the people. Null or left out: groups stay as they are stored.
   */
  readonly groupsOf?: ((externalId: string) => readonly string[]) | null
}

/** One entry that could not be used. `where` is a line number or an opaque external id. */
export interface RowProblem {
  readonly where: string
  readonly code: ReadFaultCode
  readonly message: string
}

/** How a read ended: with a proof of completeness (`complete`), or with the reason why there is none. */
export interface ReadOutcome {
  readonly complete: boolean
  readonly why: ReadFault | null
  readonly entries: number
  readonly pages: number
  /** Search references (RFC 4511 section 4.5.3) met: any makes the read incomplete. */
  readonly references: number
  /** Who answered: vendor and host, or the file's name. */
  readonly server: string | null
  /**
   * Whether absence of a group or a membership means anything (architecture rule 8). Null: no groups are read.
   */
  readonly groups: {
    readonly complete: boolean
    readonly entries: number
    readonly unresolvedMembers: number
  } | null
  /** The first 100 problems; `problemCount` counts all. */
  readonly problems: readonly RowProblem[]
  readonly problemCount: number
}
