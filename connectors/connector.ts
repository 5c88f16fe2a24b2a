import type { CustomAttributes } from '../domain/attributes.ts'
import type { Clock } from '../domain/clock.ts'
import type { ReadOutcome, SourceRow } from '../domain/source-row.ts'

/** What a connector is doing, for progress and heartbeats. Counts only. */
export interface ReadProgress {
  readonly phase: 'groups' | 'people'
  readonly entries: number
  readonly pages: number
}

export interface ReadOptions {
  /** Cancels the read: the connection is destroyed and the iterator throws the signal's reason. */
  readonly signal: AbortSignal
  readonly onProgress?: (progress: ReadProgress) => void
  /**
   * What a source does whose groups cannot be read wholly. `stop` (default): it reads nobody, so that no membership
   * is lost. `kept`: it reads the people, with `groups: null` in every row, and the caller promises to keep the
   * groups that it has stored for them.
   */
  readonly unknownGroups?: 'stop' | 'kept'
  /**
   * Says whether the caller knows the entry with exactly this fingerprint: then it is as it was, counts as read, and
   * is not yielded. Asked once for an entry at most; a reader that cannot tell never asks.
   */
  readonly recognise?: (externalId: string, fingerprint: Uint8Array) => boolean
}

/** The answer of a live test: what was found, or the first fault met. */
export interface SourceTest {
  readonly ok: boolean
  readonly server: string | null
  readonly message: string
}

/**
 * The ability to read a source wholly. The generator yields rows in batches (at most 1,000) and returns how the
 * read ended. It does not throw for what a source did wrong: an unreachable, silent, lying or truncating source
 * returns an incomplete outcome with its reason, so that no caller can take a fault for an empty directory. Rows
 * yielded before a fault are good: what an entry says of its own person counts in any read.
 */
export interface FullReader {
  readAll(options: ReadOptions): AsyncGenerator<readonly SourceRow[], ReadOutcome, void>
}

export interface LiveTest {
  test(signal: AbortSignal): Promise<SourceTest>
}

/** A source that is pulled. Connections are opened per read and closed with it; there is nothing to close here. */
export interface PullSource extends FullReader, LiveTest {
  /** Stable text of everything in the configuration that shapes a row: when it changes, every record is re-read as changed. */
  readonly mapping: string
  /** Whether rows carry groups: then `groups: null` in a row means that they are not known in this read. */
  readonly bringsGroups: boolean
}

/** What opening a source needs beside its own configuration. */
export interface SourceOptions {
  /** Custom attributes as the configuration declares them: the types of mapped `custom.*` values. */
  readonly customAttributes: CustomAttributes
  /** The folder that relative paths of the configuration start from. */
  readonly folder: string
  /** Decides which `before: now` tests hold already. */
  readonly clock: Clock
}
