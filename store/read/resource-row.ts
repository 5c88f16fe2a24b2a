import type { GroupOfUser, Member, ScimDocument, StoredResource } from '../../domain/scim-resource.ts'
import type { ResourceTable } from './resource-places.ts'
import { type Sql, sql } from './sql-fragment.ts'

/** What statements read of a resource `r`, beside its memberships. */
export interface ResourceRow {
  readonly id: string
  readonly version: string
  readonly created_at: Date
  readonly modified_at: Date
  readonly document: ScimDocument
  /** As they are shown; null where they were not asked for. */
  readonly memberships: readonly unknown[] | null
}

export const resourceColumns = sql`r.id, r.version, r.created_at, r.modified_at, r.document`

/** The memberships of `r` as one list; null, without a look at any, where they are not wanted. */
export function membershipsOf({ membershipRows }: ResourceTable, wanted: boolean): Sql {
  return wanted
    ? sql`(select coalesce(jsonb_agg(each.value), '[]') from ${membershipRows} as each(value)) as memberships`
    : sql`null as memberships`
}

/** A row as the resource that it holds. */
export function viewResource(row: ResourceRow, { type }: ResourceTable): StoredResource {
  return {
    id: row.id,
    type,
    document: row.document,
    version: Number(row.version),
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    // The statement made them as they are shown.
    groups: type === 'User' ? (row.memberships as readonly GroupOfUser[] | null) : null,
    members: type === 'Group' ? (row.memberships as readonly Member[] | null) : null,
  }
}
