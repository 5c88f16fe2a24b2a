import type { SourceTest } from '../connector.ts'
import { SourceFault } from '../source-fault.ts'
import { readCapabilities } from './capabilities.ts'
import type { Endpoint, ScimClient } from './client.ts'
import { type ReaderSettings, withClient } from './reader.ts'

/** Signs in, and asks how many people and groups there are. */
export async function testServer(settings: ReaderSettings, caller: AbortSignal): Promise<SourceTest> {
  const server = `SCIM 2.0 at ${new URL(settings.url).host}`
  caller.throwIfAborted()
  try {
    for await (const { client, signal } of withClient(settings, caller))
      return { ok: true, server, message: await describeFound(settings, client, signal) }
    throw new SourceFault('closed', 'nothing was asked')
  } catch (error) {
    caller.throwIfAborted()
    if (error instanceof SourceFault) return { ok: false, server, message: error.message }
    throw error
  }
}

async function describeFound(
  { groups, allowEmpty }: ReaderSettings,
  client: ScimClient,
  signal: AbortSignal,
): Promise<string> {
  const { index } = readCapabilities(await client.describeServer(signal))
  const count = (endpoint: Endpoint) => countResources(client, endpoint, index, signal)
  const people = await count('/Users')
  if (people === null) throw new SourceFault('base-not-found', 'there is no /Users at this address (url)')
  if (people === 0 && !allowEmpty)
    throw new SourceFault('empty', 'nobody was found: see the rights of the token')
  const found = people === 'uncounted' ? 'people found (the server does not count them)' : countPeople(people)
  return groups ? `${found}, ${describeGroups(await count('/Groups'))}` : found
}

/** Null: there is no such endpoint. `uncounted`: some, and the server does not say how many. */
async function countResources(
  client: ScimClient,
  endpoint: Endpoint,
  index: boolean,
  signal: AbortSignal,
): Promise<number | 'uncounted' | null> {
  const place = index ? { startIndex: 1, cursor: null } : { startIndex: null, cursor: '' }
  const none = { sortBy: null, filter: null, excludedAttributes: null } as const
  const page = await client.list(endpoint, { ...place, ...none, count: 1, attributes: 'id' }, signal)
  if (page === null) return null
  return page.totalResults ?? (page.resources.length === 0 ? 0 : 'uncounted')
}

function countPeople(count: number): string {
  return count === 1 ? '1 person found' : `${count} people found`
}

function describeGroups(count: number | 'uncounted' | null): string {
  if (count === null) return 'groups as users name them'
  if (count === 'uncounted') return 'groups found (the server does not count them)'
  return count === 1 ? '1 group' : `${count} groups`
}
