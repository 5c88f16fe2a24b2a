import type { StoredResource } from '../../domain/scim-resource.ts'
import type { Database } from '../database.ts'
import { readPageByKey, readResource } from './resource-by-key.ts'
import { readResourcePage } from './resource-page.ts'
import { groupTable } from './resource-places.ts'
import type { GroupQuery, ResourcePage } from './resource-query.ts'

/** One group of a connection, or null where it has none of that id (any text). */
export async function readScimGroup(
  database: Database,
  source: string,
  id: string,
  { members }: { readonly members: boolean },
): Promise<StoredResource | null> {
  return readResource(database, groupTable, { source, id, memberships: members })
}

/**
 * A page of a connection's groups. `filter-too-broad` where no index leads to them and there are too many to look at;
 * `filter-invalid` where the filter compares with a text that nothing can have.
 */
export async function pageScimGroups(
  database: Database,
  source: string,
  query: GroupQuery,
): Promise<ResourcePage> {
  const request = { table: groupTable, source, query, memberships: query.members }
  return (await readPageByKey(database, request)) ?? readResourcePage(database, request)
}
