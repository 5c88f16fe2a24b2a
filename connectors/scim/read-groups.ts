import { checkStorable } from '../../scim/check-storable.ts'
import { ScimFault } from '../../scim/scim-fault.ts'
import { GroupGraph } from '../group-graph.ts'
import { SourceFault } from '../source-fault.ts'
import type { Capabilities } from './capabilities.ts'
import { filterSince, type GroupsMark, windowStart } from './change-mark.ts'
import type { ScimClient } from './client.ts'
import { GroupTimes } from './group-times.ts'
import { isObject, type JsonObject, readKey } from './json-object.ts'
import { type Listed, Listing, type ListingSettings } from './listing.ts'
import { readMovedAgain } from './read-moved-again.ts'

export interface GroupSettings {
  readonly capabilities: Capabilities
  readonly pageSize: number
  readonly allowEmpty: boolean
  readonly onPage: (entries: number) => void
}

export interface GroupsRead {
  readonly graph: GroupGraph
  readonly times: GroupTimes
  /** Why absence of a group or a membership means nothing, or null. */
  readonly fault: SourceFault | null
}

/**
 * Reads every group with its members. Null from a server that has no groups of its own. What the server did wrong
 * ends the read and is returned.
 */
export async function readGroups(
  client: ScimClient,
  settings: GroupSettings,
  signal: AbortSignal,
): Promise<GroupsRead | null> {
  let [graph, times] = [new GroupGraph(true), new GroupTimes()]
  try {
    const pass = async function* () {
      ;[graph, times] = [new GroupGraph(true), new GroupTimes()]
      // Named, since some servers leave members out of lists that do not ask for them.
      const shown = { attributes: 'displayName,members,meta', excludedAttributes: null }
      const listing = openListing(client, settings, { ...shown, filter: null })
      for await (const page of listing.read(signal)) {
        for (const listed of page) {
          addGroup(graph, listed)
          times.add(listed)
        }
        settings.onPage(page.length)
        yield page
      }
      return listing.exists
    }
    const passes = readMovedAgain(pass)
    let step = await passes.next()
    while (!step.done) step = await passes.next()
    return step.value ? { graph, times, fault: findFault(graph, settings) } : null
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof SourceFault)) throw error
    return { graph, times, fault: error }
  }
}

/**
 * Whether a group was changed since the mark. Null from a server that cannot be asked that. Throws `SourceFault` for
 * what else it did wrong.
 */
export async function findGroupChanges(
  client: ScimClient,
  settings: GroupSettings,
  mark: GroupsMark,
  signal: AbortSignal,
): Promise<boolean | null> {
  let times = new GroupTimes()
  const pass = async function* () {
    times = new GroupTimes()
    const shown = { attributes: null, excludedAttributes: 'members' }
    const listing = openListing(client, settings, { ...shown, filter: filterSince(windowStart(mark.at)) })
    for await (const page of listing.read(signal)) {
      for (const listed of page) times.add(listed)
      yield page
    }
    return listing.exists
  }
  try {
    const passes = readMovedAgain(pass)
    let step = await passes.next()
    while (!step.done) step = await passes.next()
    return step.value ? times.differFrom(mark) : null
  } catch (error) {
    if (error instanceof SourceFault && error.code === 'filter-refused') return null
    throw error
  }
}

function openListing(
  client: ScimClient,
  { capabilities, pageSize }: GroupSettings,
  query: Pick<ListingSettings, 'filter' | 'attributes' | 'excludedAttributes'>,
): Listing {
  return new Listing(client, { endpoint: '/Groups', capabilities, pageSize, ...query })
}

function findFault(graph: GroupGraph, { allowEmpty }: GroupSettings): SourceFault | null {
  if (allowEmpty) return null
  if (graph.groupCount === 0)
    return new SourceFault(
      'empty',
      'Groups: none was found: see groups: false, the rights of the token, or allowEmpty',
    )
  if (graph.memberCount === 0)
    return new SourceFault(
      'empty',
      'Groups: none has a member: the server may not show members; see allowEmpty',
    )
  return null
}

function addGroup(graph: GroupGraph, { id, resource }: Listed): void {
  checkGroup(resource)
  const name = readKey(resource, 'displayName')
  if (id === null) throw new SourceFault('missing-id', 'Groups: one has no id')
  if (typeof name !== 'string' || name.trim() === '')
    throw new SourceFault('missing-id', 'Groups: one has no displayName')
  graph.addGroup({ key: id, name, members: readMembers(resource) })
}

function checkGroup(resource: JsonObject): void {
  try {
    checkStorable(resource)
  } catch (error) {
    if (error instanceof ScimFault) throw new SourceFault('undecodable', `Groups: ${error.message}`, error)
    throw error
  }
}

function* readMembers(resource: JsonObject): Generator<string> {
  const members = readKey(resource, 'members') ?? []
  if (!Array.isArray(members)) throw new SourceFault('malformed', 'Groups: members is no list')
  for (const member of members) {
    const id = isObject(member) ? readKey(member, 'value') : member
    if (typeof id !== 'string' || id === '')
      throw new SourceFault('malformed', 'Groups: a member has no value')
    yield id
  }
}
