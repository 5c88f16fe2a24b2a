import type { StoredResource } from '../../domain/scim-resource.ts'
import type { Database } from '../database.ts'
import { readPageByKey, readResource } from './resource-by-key.ts'
import { readResourcePage } from './resource-page.ts'
import { userTable } from './resource-places.ts'
import type { ResourcePage, UserQuery } from './resource-query.ts'

/** One user of a connection, or null where it has none of that id (any text). */
export async function readScimUser(
  database: Database,
  source: string,
  id: string,
  { groups }: { readonly groups: boolean },
): Promise<StoredResource | null> {
  return readResource(database, userTable, { source, id, memberships: groups })
}

/**
 * A page of a connection's users. `filter-too-broad` where no index leads to them and there are too many to look at;
 * `filter-invalid` where the filter compares with a text that nothing can have.
 */
export async function pageScimUsers(
  database: Database,
  source: string,
  query: UserQuery,
): Promise<ResourcePage> {
  const request = { table: userTable, source, query, memberships: query.groups }
  return (await readPageByKey(database, request)) ?? readResourcePage(database, request)
}
