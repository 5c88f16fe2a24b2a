import { validate as isUuid } from 'uuid'
import type { Filter } from '../../domain/filter.ts'
import { foldKey } from '../../domain/fold-key.ts'
import type { StoredResource } from '../../domain/scim-resource.ts'
import { isStorable } from '../../domain/storable-text.ts'
import type { Database } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import { quickMembershipsOf, withNestedGroups } from './quick-memberships.ts'
import type { ResourceTable } from './resource-places.ts'
import type { ResourcePage, ResourceQuery } from './resource-query.ts'
import { type ResourceRow, resourceColumns, viewResource } from './resource-row.ts'

/** A row that was found, and which of the questions asked for it, from 1. */
interface FoundRow extends ResourceRow {
  readonly at: string
  readonly nested: boolean
}

/**
 * Resources by connection and id, each in the place of its question; null: the connection has none of that id. A text
 * that is no id names none. Many cost hardly more than one: what is dear is going there and back.
 */
export async function readResources(
  database: Database,
  table: ResourceTable,
  asked: readonly { readonly source: string; readonly id: string }[],
  memberships: boolean,
): Promise<readonly (StoredResource | null)[]> {
  const answers: (StoredResource | null)[] = asked.map(() => null)
  const places = [...asked.keys()].filter((at) => isIdText(asked[at]?.id ?? ''))
  if (places.length === 0) return answers
  const { rows } = await runPrepared<{ rows: FoundRow[] }>(
    database,
    `read-${table.table}-${memberships ? 'whole' : 'bare'}`,
    // One by one through the index, whatever the planner thinks of the tables. It is not shown how many are asked: it would
    // plan every batch anew for that, which takes longer than running it.
    `select asked.at, ${resourceColumns.text}, ${quickMembershipsOf(table, memberships).text}
     from unnest((select ?::text[]), (select ?::uuid[])) with ordinality asked(source, id, at)
     cross join lateral (
       select * from ${table.table} o where o.id = asked.id and o.source = asked.source offset 0) r`,
    [places.map((at) => asked[at]?.source ?? ''), places.map((at) => asked[at]?.id ?? '')],
  )
  for (const row of await withNestedGroups(database, rows))
    answers[places[Number(row.at) - 1] ?? -1] = viewResource(row, table)
  return answers
}

function isIdText(id: string): boolean {
  return isUuid(id) && id === id.toLowerCase()
}

/** What every client asks before it writes: the first page of one `eq` of userName, externalId or a group's name. */
export interface KeyQuery {
  readonly column: 'user_name_key' | 'display_name_key' | 'external_id'
  readonly value: string
  /** Resources on the page. */
  readonly count: number
}

/** The key that a query asks for, or null where it asks for anything else. */
export function findKeyQuery({ filter, sort, page }: ResourceQuery, table: ResourceTable): KeyQuery | null {
  const asked = filter === null || sort !== null ? null : findColumn(filter, table)
  if (asked === null || page.kind !== 'index' || page.start !== 1 || page.count < 1) return null
  return { ...asked, count: page.count }
}

/**
 * The pages that key queries of one column ask for, each in the place of its question; null: so many have that key that
 * it is no look-up any more, but a list. Bounded by an index: it needs no transaction and no timeout.
 */
export async function readPagesByKey(
  database: Database,
  table: ResourceTable,
  column: KeyQuery['column'],
  asked: readonly (Omit<KeyQuery, 'column'> & { readonly source: string })[],
  memberships: boolean,
): Promise<readonly (ResourcePage | null)[]> {
  const { rows } = await runPrepared<{ rows: FoundRow[] }>(
    database,
    `page-${table.table}-${column}-${memberships ? 'whole' : 'bare'}`,
    // The inner limit keeps the planner from walking the order by id instead of the index that the key has. How many are
    // asked is kept from it as above.
    `select asked.at, ${resourceColumns.text}, ${quickMembershipsOf(table, memberships).text}
     from unnest((select ?::text[]), (select ?::text[])) with ordinality asked(source, value, at)
     cross join lateral (
       select * from ${table.table} o where o.source = asked.source and o.${column} = asked.value limit ${keyLimit}) r
     order by asked.at, r.id`,
    [asked.map(({ source }) => source), asked.map(({ value }) => value)],
  )
  const found = await withNestedGroups(database, rows)
  return asked.map(({ count }, index) => {
    const own = found.filter(({ at }) => Number(at) === index + 1)
    if (own.length >= keyLimit) return null
    const resources = own.slice(0, count).map((row) => viewResource(row, table))
    return { total: own.length, resources, next: null }
  })
}

/** More than these with one external id are a list. */
const keyLimit = 101

function findColumn(filter: Filter, table: ResourceTable): Omit<KeyQuery, 'count'> | null {
  if (filter.op !== 'compare' || filter.operator !== 'eq' || typeof filter.value !== 'string') return null
  const { attribute, value } = filter
  if (attribute.element !== null || attribute.path.length !== 1 || value === '' || !isStorable(value))
    return null
  if (attribute.path[0] === table.unique && attribute.byKey === true) {
    return { column: table.uniqueKeyColumn, value: foldKey(value) }
  }
  return attribute.path[0] === 'externalId' && attribute.caseExact ? { column: 'external_id', value } : null
}
