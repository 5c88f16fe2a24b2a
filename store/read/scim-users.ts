import type { StoredResource } from '../../domain/scim-resource.ts'
import type { Database } from '../database.ts'
import type { ResourcePage, UserQuery } from './resource-query.ts'

/** One user of a connection, or null where it has none of that id (any text). */
export async function readScimUser(
  _database: Database,
  _source: string,
  _id: string,
  _wanted: { readonly groups: boolean },
): Promise<StoredResource | null> {
  return null
}

/** A page of a connection's users; `filter-too-broad` where finding it would read more than a connection may ask for. */
export async function pageScimUsers(
  _database: Database,
  _source: string,
  _query: UserQuery,
): Promise<ResourcePage> {
  return { total: 0, resources: [], next: null }
}
