import type { CustomAttributes } from '../domain/attributes.ts'
import type { Clock } from '../domain/clock.ts'
import type { ReadEnd, SourceRow } from '../domain/source-row.ts'

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
  readAll(options: ReadOptions): AsyncGenerator<readonly SourceRow[], ReadEnd, void>
}

/**
 * The ability to read only what changed. Of absence such a read says nothing: `complete` means that the changes were
 * read wholly, and then `mark` is where the next read begins. What was changed before the mark may come again, and
 * whoever did not change may come too. `groups: null` in a row: they stay as they are stored. Faults are as in `readAll`.
 */
export interface ChangesReader {
  /** Where marks come from, as a stable text: at another place a mark means nothing. */
  readonly place: string
  /** `mark`: of an earlier read at the same place. */
  readChanges(mark: string, options: ReadOptions): AsyncGenerator<readonly SourceRow[], ReadEnd, void>
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
  /** Left out where a source can only be read wholly. */
  readonly changes?: ChangesReader
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
