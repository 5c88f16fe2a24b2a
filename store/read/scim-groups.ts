import type { StoredResource } from '../../domain/scim-resource.ts'
import type { Database } from '../database.ts'
import type { GroupQuery, ResourcePage } from './resource-query.ts'

/** One group of a connection, or null where it has none of that id (any text). */
export async function readScimGroup(
  _database: Database,
  _source: string,
  _id: string,
  _wanted: { readonly members: boolean },
): Promise<StoredResource | null> {
  return null
}

/** A page of a connection's groups; `filter-too-broad` where finding it would read more than a connection may ask for. */
export async function pageScimGroups(
  _database: Database,
  _source: string,
  _query: GroupQuery,
): Promise<ResourcePage> {
  return { total: 0, resources: [], next: null }
}
