import type { Clock } from '../../domain/clock.ts'
import type { ReadEnd, SourceRow } from '../../domain/source-row.ts'
import type { ReadOptions } from '../connector.ts'
import { GroupGraph } from '../group-graph.ts'
import { ReadReport } from '../read-report.ts'
import { SourceFault } from '../source-fault.ts'
import { EntryFault } from '../source-values.ts'
import { Authorization, type Credentials } from './authorization.ts'
import { type Capabilities, readCapabilities } from './capabilities.ts'
import { type ChangeMark, filterSince, windowStart, writeMark } from './change-mark.ts'
import { ScimClient } from './client.ts'
import type { GroupTimes } from './group-times.ts'
import { type Listed, Listing } from './listing.ts'
import { makePatient } from './patient-transport.ts'
import { ReachOfRead } from './reach-of-read.ts'
import { findGroupChanges, type GroupSettings, readGroups } from './read-groups.ts'
import { readMovedAgain } from './read-moved-again.ts'
import { openTransport, type TransportSettings } from './transport.ts'
import { readGroupNames, type UserMapper } from './user-mapper.ts'

export interface ReaderSettings {
  readonly url: string
  readonly search: boolean
  readonly credentials: Credentials
  readonly transport: TransportSettings
  readonly groups: boolean
  readonly pageSize: number
  readonly allowEmpty: boolean
  /** Milliseconds for a whole read. */
  readonly deadline: number
  readonly clock: Clock
  readonly mapUser: UserMapper
}

const batchSize = 1000

/**
 * Reads groups, then people: everybody, or who changed since a mark. See `FullReader` and `ChangesReader` for what it
 * promises.
 */
export async function* readServer(
  settings: ReaderSettings,
  options: ReadOptions,
  since: ChangeMark | null,
): AsyncGenerator<readonly SourceRow[], ReadEnd, void> {
  const report = new ReadReport()
  let onward = nowhere
  options.signal.throwIfAborted()
  try {
    const read = withClient(settings, options.signal)
    for await (const { client, signal } of read)
      onward = yield* new ServerRead({ settings, options, report, client, since }).run(signal)
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof SourceFault)) throw error
    report.addFault(error.toReadFault())
  }
  const outcome = report.conclude()
  return outcome.complete ? { ...outcome, ...onward } : outcome
}

/** What whoever reads goes on with after a read that was complete. */
type Onward = Required<Pick<ReadEnd, 'mark' | 'groupsOf'>>

const nowhere: Onward = { mark: null, groupsOf: null }

/** Gives a client that works under the deadline and the caller's signal, once; what it had open ends with its use. */
export async function* withClient(
  settings: ReaderSettings,
  caller: AbortSignal,
): AsyncGenerator<{ readonly client: ScimClient; readonly signal: AbortSignal }, void, void> {
  const transport = await openTransport(settings.transport)
  const cancel = new AbortController()
  const abort = (): void => cancel.abort(caller.reason)
  caller.addEventListener('abort', abort)
  const deadline = setTimeout(() => cancel.abort(describeDeadline(settings.deadline)), settings.deadline)
  try {
    const patient = makePatient(transport, settings.clock)
    const authorization = new Authorization(settings.credentials, patient, settings.clock)
    yield { client: new ScimClient(settings, patient, authorization), signal: cancel.signal }
  } finally {
    clearTimeout(deadline)
    caller.removeEventListener('abort', abort)
    transport.close()
  }
}

function describeDeadline(milliseconds: number): SourceFault {
  return new SourceFault('deadline', `the read took longer than ${milliseconds / 1000} s (timeouts.deadline)`)
}

/**
 * `named`: the server has no groups of its own, its users name theirs. `unknown`: they could not be read wholly.
 * `kept`: none changed since the mark, or the server cannot be asked that.
 */
type Groups = GroupGraph | 'named' | 'unknown' | 'kept' | null

interface ReadParts {
  readonly settings: ReaderSettings
  readonly options: ReadOptions
  readonly report: ReadReport
  readonly client: ScimClient
  readonly since: ChangeMark | null
}

class ServerRead {
  readonly #settings: ReaderSettings
  readonly #options: ReadOptions
  readonly #report: ReadReport
  readonly #client: ScimClient
  readonly #since: ChangeMark | null
  readonly #reach: ReachOfRead
  #groupTimes: GroupTimes | null = null
  /** Of people that an earlier pass has given already, or reported. */
  readonly #given = new Set<string>()
  readonly #namedGroups = new Set<string>()

  constructor({ settings, options, report, client, since }: ReadParts) {
    this.#settings = settings
    this.#options = options
    this.#report = report
    this.#client = client
    this.#since = since
    this.#reach = new ReachOfRead(since)
    report.server = `SCIM 2.0 at ${new URL(settings.url).host}`
  }

  async *run(signal: AbortSignal): AsyncGenerator<readonly SourceRow[], Onward, void> {
    const capabilities = readCapabilities(await this.#client.describeServer(signal))
    const pageSize = Math.min(this.#settings.pageSize, capabilities.maxPageSize ?? Number.POSITIVE_INFINITY)
    if (this.#since !== null && !capabilities.filter)
      throw new SourceFault(
        'filter-refused',
        'the server says that it does not filter: its changes cannot be read alone, see schedule.full',
      )
    const groups = await this.#readGroups(capabilities, pageSize, signal)
    if (groups === 'unknown' && this.#since === null && this.#options.unknownGroups !== 'kept') return nowhere
    yield* readMovedAgain(() => this.#readPeople(groups, capabilities, pageSize, signal))
    this.#concludeGroups(groups)
    if (this.#since === null && this.#report.entries === 0 && !this.#settings.allowEmpty)
      throw new SourceFault('empty', 'Users: nobody was found: see the rights of the token, or allowEmpty')
    return this.#concludeReach(groups)
  }

  async #readGroups(capabilities: Capabilities, pageSize: number, signal: AbortSignal): Promise<Groups> {
    if (!this.#settings.groups) return null
    const settings = this.#groupSettings(capabilities, pageSize)
    if (this.#since === null) return this.#readAllGroups(settings, signal)
    const { groups } = this.#since
    if (groups === null || groups === 'named') return groups ?? 'kept'
    try {
      const changed = await findGroupChanges(this.#client, settings, groups, signal)
      // Who is in them no longer only shows among all of them.
      return changed === true ? await this.#readAllGroups(settings, signal) : 'kept'
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof SourceFault)) throw error
      this.#report.addFault(error.toReadFault())
      return 'unknown'
    }
  }

  #groupSettings(capabilities: Capabilities, pageSize: number): GroupSettings {
    const { allowEmpty } = this.#settings
    let [entries, pages] = [0, 0]
    const onPage = (count: number): void => {
      entries += count
      pages++
      this.#options.onProgress?.({ phase: 'groups', entries, pages })
    }
    return { capabilities, pageSize, allowEmpty, onPage }
  }

  async #readAllGroups(settings: GroupSettings, signal: AbortSignal): Promise<Groups> {
    const read = await readGroups(this.#client, settings, signal)
    if (read === null) return 'named'
    const { graph, times, fault } = read
    this.#groupTimes = times
    this.#report.groups = { complete: fault === null, entries: graph.groupCount, unresolvedMembers: 0 }
    if (fault === null) return graph
    this.#report.addFault(fault.toReadFault())
    return 'unknown'
  }

  /** One pass over everybody; who was given in an earlier pass is only counted. */
  async *#readPeople(
    groups: Groups,
    capabilities: Capabilities,
    pageSize: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SourceRow[], void, void> {
    const report = this.#report
    // What is read from /Groups, or not wanted, need not be worked out again for every user.
    const excludedAttributes = groups === 'named' ? null : 'groups'
    const settings = {
      endpoint: '/Users',
      capabilities,
      pageSize,
      filter: this.#since === null ? null : filterSince(windowStart(this.#since.users)),
      attributes: null,
      excludedAttributes,
    } as const
    const listing = new Listing(this.#client, settings)
    report.entries = 0
    for await (const page of listing.read(signal)) {
      report.pages++
      const rows = page.flatMap((listed) => this.#mapUser(listed, groups) ?? [])
      for (let start = 0; start < rows.length; start += batchSize) yield rows.slice(start, start + batchSize)
      this.#options.onProgress?.({ phase: 'people', entries: report.entries, pages: report.pages })
    }
    if (!listing.exists) throw new SourceFault('base-not-found', 'there is no /Users at this address (url)')
  }

  /** The row of a user; null for one that was given already, or that cannot be used and is reported. */
  #mapUser({ id, resource }: Listed, groups: Groups): SourceRow | null {
    this.#reach.seeUser(resource)
    const where = id ?? `user ${this.#report.entries + 1}`
    this.#report.entries++
    if (this.#given.has(where)) return null
    this.#given.add(where)
    try {
      if (id === null) throw new EntryFault('missing-id', 'it has no id')
      return this.#settings.mapUser(id, resource, this.#findGroups(id, resource, groups))
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error
      this.#report.addProblem(where, error.code, error.message)
      return null
    }
  }

  #findGroups(id: string, resource: Listed['resource'], groups: Groups): readonly string[] | null {
    if (groups instanceof GroupGraph) return groups.namesOf(id)
    if (groups !== 'named') return null
    const names = readGroupNames(resource)
    for (const name of names) this.#namedGroups.add(name)
    return names
  }

  #concludeGroups(groups: Groups): void {
    const report = this.#report
    // Of changes alone nobody can say which members are missing, nor which groups nobody is in.
    if (this.#since !== null) return
    if (groups instanceof GroupGraph && report.groups !== null)
      report.groups = { ...report.groups, unresolvedMembers: groups.countUnresolved() }
    if (groups !== 'named') return
    const entries = this.#namedGroups.size
    report.groups = { complete: true, entries, unresolvedMembers: 0 }
    if (entries > 0 || this.#settings.allowEmpty) return
    report.groups = { ...report.groups, complete: false }
    const message = 'there is no /Groups, and no user names a group: see groups: false, or allowEmpty'
    report.addFault({ code: 'empty', message })
  }

  #concludeReach(groups: Groups): Onward {
    const seen = groups === 'named' ? groups : this.#groupTimes
    const mark = this.#reach.conclude(this.#client.firstAnswerAt, seen)
    return {
      mark: mark === null ? null : writeMark(mark),
      groupsOf: this.#since !== null && groups instanceof GroupGraph ? (id) => groups.namesOf(id) : null,
    }
  }
}
