import { hash } from 'node:crypto'
import type { Clock } from '../../domain/clock.ts'
import { type ReadOutcome, type SourceRow, withFingerprint } from '../../domain/source-row.ts'
import type { ReadOptions } from '../connector.ts'
import { ReadReport } from '../read-report.ts'
import type { RowMapper } from '../row-mapper.ts'
import { SourceFault } from '../source-fault.ts'
import { EntryFault, type SlotTable } from '../source-values.ts'
import { findKind } from './attribute-kind.ts'
import type { BerCursor } from './ber-cursor.ts'
import { completeRanges } from './complete-ranges.ts'
import type { ConnectSettings } from './connect.ts'
import { type DecodedEntry, EntryDecoder } from './entry-decoder.ts'
import { EntryScout } from './entry-scout.ts'
import { encodeFilter, FilterSyntaxError } from './filter.ts'
import type { ScopeSettings } from './flavor.ts'
import type { Membership } from './membership.ts'
import { checkBase, describeServer, openSession } from './open-session.ts'
import { readGroups } from './read-groups.ts'
import { scanPages } from './scan.ts'
import type { Search } from './search-request.ts'
import type { LdapSession } from './session.ts'

export interface ReaderSettings {
  readonly urls: readonly string[]
  readonly connect: ConnectSettings
  readonly scope: ScopeSettings
  readonly pageSize: number
  readonly allowEmpty: boolean
  /** Milliseconds for a whole read. */
  readonly deadline: number
  readonly clock: Clock
  readonly mapRow: RowMapper
  /** The attributes that `mapRow` needs; complete, nothing is added to it after the start. */
  readonly slots: SlotTable
  /** Places of pseudo and helping attributes. */
  readonly dnSlot: number | null
  readonly primaryGroupSlot: number | null
}

/** Rows that are handed on at a time: few enough to be gone again before memory is looked through for the next. */
const batchSize = 100

/** Reads groups, then people, over one connection; see `FullReader` for what it promises. */
export async function* readDirectory(
  settings: ReaderSettings,
  options: ReadOptions,
): AsyncGenerator<readonly SourceRow[], ReadOutcome, void> {
  const report = new ReadReport()
  const cancel = new AbortController()
  const abort = (): void => cancel.abort(options.signal.reason)
  options.signal.throwIfAborted()
  options.signal.addEventListener('abort', abort)
  const deadline = setTimeout(() => cancel.abort(describeDeadline(settings.deadline)), settings.deadline)
  try {
    yield* new DirectoryRead(settings, options, report).run(cancel.signal)
  } catch (error) {
    options.signal.throwIfAborted()
    const fault =
      error instanceof FilterSyntaxError ? new SourceFault('filter-refused', error.message) : error
    if (!(fault instanceof SourceFault)) throw fault
    report.addFault(fault.toReadFault())
  } finally {
    clearTimeout(deadline)
    options.signal.removeEventListener('abort', abort)
    // Whatever is still open ends with the read.
    cancel.abort(new SourceFault('closed', 'the read is over'))
  }
  return report.conclude()
}

function describeDeadline(milliseconds: number): SourceFault {
  return new SourceFault('deadline', `the read took longer than ${milliseconds / 1000} s (timeouts.deadline)`)
}

class DirectoryRead {
  readonly #settings: ReaderSettings
  readonly #options: ReadOptions
  readonly #report: ReadReport
  /** One moment for the whole read: what is inactive does not depend on the page that it came in. */
  readonly #now: Date
  /** What is known already of the entry that is decoded next. */
  #scouted: { readonly groups: readonly string[] | null; readonly fingerprint: Buffer } | null = null

  constructor(settings: ReaderSettings, options: ReadOptions, report: ReadReport) {
    this.#settings = settings
    this.#options = options
    this.#report = report
    this.#now = settings.clock()
  }

  async *run(signal: AbortSignal): AsyncGenerator<readonly SourceRow[], void, void> {
    const { urls, connect, scope } = this.#settings
    const session = await openSession(urls, connect, signal)
    try {
      this.#report.server = await describeServer(session)
      await checkBase(session, scope.people.base)
      const membership = await this.#readGroups(session)
      if (membership === 'unknown' && this.#options.unknownGroups !== 'kept') return
      yield* this.#readPeople(session, membership)
      if (membership instanceof Object) this.#countUnresolved(membership)
    } finally {
      session.close()
    }
  }

  /** Null: this source brings no groups. `unknown`: they could not be read wholly. */
  async #readGroups(session: LdapSession): Promise<Membership | 'unknown' | null> {
    const { scope, pageSize } = this.#settings
    if (!scope.groups) return null
    let entries = 0
    let pages = 0
    const onPage = (count: number): void => {
      entries += count
      pages++
      this.#options.onProgress?.({ phase: 'groups', entries, pages })
    }
    const { domainScope } = scope
    const { membership, fault } = await readGroups(session, scope.groups, { pageSize, domainScope, onPage })
    this.#report.groups = { complete: fault === null, entries: membership.groupCount, unresolvedMembers: 0 }
    if (fault === null) return membership
    this.#report.addFault({ code: fault.code, message: `groups: ${fault.message}` })
    return 'unknown'
  }

  #countUnresolved(membership: Membership): void {
    const { groups } = this.#report
    if (groups) this.#report.groups = { ...groups, unresolvedMembers: membership.countUnresolved() }
  }

  async *#readPeople(
    session: LdapSession,
    membership: Membership | 'unknown' | null,
  ): AsyncGenerator<readonly SourceRow[], void, void> {
    const { scope, slots, pageSize, allowEmpty } = this.#settings
    const { base } = scope.people
    const decoder = new EntryDecoder(slots.names, false)
    const cutOff: DecodedEntry[] = []
    const report = this.#report
    const convert = (entry: DecodedEntry): SourceRow | null => {
      if (entry.ranges.length === 0) return this.#mapEntry(entry, membership)
      cutOff.push(entry)
      return null
    }
    const recognise = this.#recogniser(membership)
    const scan = {
      decoder,
      convert,
      pageSize,
      what: base,
      readAhead: true,
      decodeAt: 'need' as const,
      ...(recognise === null ? {} : { recognise }),
    }
    for await (const page of scanPages(session, makeSearch(scope, slots), scan)) {
      report.pages++
      report.references += page.references
      yield* cut(page.items)
      this.#options.onProgress?.({ phase: 'people', entries: report.entries, pages: report.pages })
    }
    for (const entry of cutOff)
      yield* cut([this.#mapEntry(await completeRanges(session, entry, decoder), membership)])
    if (report.references > 0)
      report.addFault({
        code: 'referral',
        message: `${base}: the server refers to another server for a part of the people`,
      })
    if (report.entries === 0 && !allowEmpty)
      report.addFault({
        code: 'empty',
        message: `${base}: nobody was found: see the filter, the rights of the account, or allowEmpty`,
      })
  }

  /** Null: this read cannot tell what is known from what is not. */
  #recogniser(
    membership: Membership | 'unknown' | null,
  ): ((cursor: BerCursor, end: number) => boolean) | null {
    const { recognise } = this.#options
    const { scope, slots, primaryGroupSlot } = this.#settings
    if (recognise === undefined || membership === 'unknown') return null
    const other = primaryGroupSlot === null ? null : (slots.names[primaryGroupSlot] ?? null)
    const scout = new EntryScout(scope.people.externalId, other)
    return (cursor, end) => {
      this.#scouted = null
      const entry = scout.scout(cursor, end)
      if (entry === null) return false
      const groups = membership === null ? null : membership.namesOf(entry.dn, entry.other)
      const fingerprint = groups === null ? entry.fingerprint : mixGroups(entry.fingerprint, groups)
      this.#scouted = { groups, fingerprint }
      if (!recognise(entry.externalId, fingerprint)) return false
      this.#report.entries++
      return true
    }
  }

  /** The row of an entry, or null for one that cannot be used; it is reported. */
  #mapEntry(entry: DecodedEntry, membership: Membership | 'unknown' | null): SourceRow | null {
    const { mapRow, dnSlot } = this.#settings
    this.#report.entries++
    // Taken off first: what cannot be used must not leave it to an entry whose ranges are completed at the end.
    const scouted = this.#scouted
    this.#scouted = null
    try {
      if (entry.undecodable !== null) throw describeUndecodable(entry.undecodable)
      if (dnSlot !== null) entry.values[dnSlot] = [entry.dn]
      const row = mapRow(
        entry.values,
        scouted === null ? this.#findGroups(entry, membership) : scouted.groups,
        this.#now,
      )
      return scouted === null ? row : withFingerprint(row, scouted.fingerprint)
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error
      this.#report.addProblem(this.#nameEntry(entry), error.code, error.message)
      return null
    }
  }

  #findGroups(entry: DecodedEntry, membership: Membership | 'unknown' | null): readonly string[] | null {
    if (!(membership instanceof Object)) return null
    const { primaryGroupSlot } = this.#settings
    const primary = primaryGroupSlot === null ? undefined : entry.values[primaryGroupSlot]?.[0]
    return membership.namesOf(entry.dn, primary)
  }

  /** An opaque name for a report: the external id, where there is one, never the DN. */
  #nameEntry(entry: DecodedEntry): string {
    const { slots, scope } = this.#settings
    const id = entry.values[slots.slotOf(scope.people.externalId)]?.[0]
    return id || `entry ${this.#report.entries}`
  }
}

function makeSearch({ people, domainScope }: ScopeSettings, slots: SlotTable): Search {
  const attributes = slots.names.filter((name) => name.toLowerCase() !== 'dn')
  return {
    base: people.base,
    scope: people.scope,
    filter: encodeFilter(people.filter),
    attributes,
    domainScope,
  }
}

/** Groups are no part of an entry, but of what is made of it. */
function mixGroups(fingerprint: Buffer, groups: readonly string[]): Buffer {
  const mixed = hash('sha256', groups.join('\u0000'), 'buffer').subarray(0, fingerprint.length)
  for (let at = 0; at < mixed.length; at++) mixed[at] = (mixed[at] ?? 0) ^ (fingerprint[at] ?? 0)
  return mixed
}

function describeUndecodable(attribute: string): EntryFault {
  return findKind(attribute) === 'text'
    ? new EntryFault('encoding', `a value of ${attribute} is not valid UTF-8`)
    : new EntryFault('undecodable', `a value of ${attribute} is not what that attribute has to be`)
}

function* cut(items: Iterable<SourceRow | null>): Generator<readonly SourceRow[], void, void> {
  let rows: SourceRow[] = []
  let fault: unknown = null
  try {
    for (const item of items) {
      if (item === null) continue
      rows.push(item)
      if (rows.length < batchSize) continue
      yield rows
      rows = []
    }
  } catch (error) {
    fault = error
  }
  // The rows before a fault are good.
  if (rows.length > 0) yield rows
  if (fault !== null) throw fault
}
