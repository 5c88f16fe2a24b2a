import { MusterError } from '../../domain/error.ts'
import type { Filter } from '../../domain/filter.ts'
import type { Database } from '../database.ts'
import { preferPlainComparisons } from './plain-comparisons.ts'
import { compileResourceFilter } from './resource-filter-sql.ts'
import type { ResourceTable } from './resource-places.ts'
import type { CursorPosition, ResourcePage, ResourceQuery } from './resource-query.ts'
import { findReach, type Reach } from './resource-reach.ts'
import { membershipsOf, type ResourceRow, resourceColumns, viewResource } from './resource-row.ts'
import { comesAfter, findSortKey, orderBy, type SortKey } from './resource-sort-sql.ts'
import { type Sql, sql } from './sql-fragment.ts'
import { readWithTimeout } from './statement-timeout.ts'

/** Resources that a connection may have and still ask for what no index knows: all of them are looked at. */
const scanLimit = 50_000
/** Milliseconds that a page may take, its count included. */
const pageTimeout = 5_000

export interface PageRequest {
  readonly table: ResourceTable
  readonly source: string
  readonly query: ResourceQuery
  readonly memberships: boolean
}

/**
 * A page of the resources of a connection. `filter-too-broad` where no index leads to them and the connection has too
 * many to look at, or where they are not found in time; `filter-invalid` for a text that nothing can have.
 */
export async function readResourcePage(database: Database, request: PageRequest): Promise<ResourcePage> {
  const selection = selectResources(request)
  if (selection.few) return readPage(database, request, selection)
  try {
    return await readWithTimeout(
      database,
      async (trx) => {
        if (selection.scans) await refuseBroadScan(trx, request)
        return readPage(trx, request, selection)
      },
      pageTimeout,
    )
  } catch (error) {
    if (!(error instanceof MusterError && error.code === 'filter-too-slow')) throw error
    throw new MusterError('filter-too-broad', 'The request takes too long; make its filter narrower.', {
      cause: error,
    })
  }
}

function readPage(database: Database, request: PageRequest, selection: Selection): Promise<ResourcePage> {
  const { page } = request.query
  return page.kind === 'index'
    ? readIndexPage(database, request, selection, page.start)
    : readCursorPage(database, request, selection, page.after)
}

/** A row with its sort key as text. */
type SortedRow = ResourceRow & { readonly position: string | null }

interface Selection {
  readonly where: Sql
  readonly key: SortKey | null
  readonly descending: boolean
  /** No index leads to it. */
  readonly scans: boolean
  /** An index leads to a handful: nothing to wait for, so it needs no timeout and no transaction for it. */
  readonly few: boolean
}

function selectResources({ table, source, query }: PageRequest): Selection {
  const { sort } = query
  const filter = query.filter === null ? null : preferPlainComparisons(query.filter)
  const reach: Reach | null = filter === null ? null : findReach(filter, source, table)
  const key = findSortKey(sort, table)
  const sortsAll = key !== null && !key.indexed && reach?.by !== 'ids'
  return {
    where: compileWhere(filter, reach, source, table),
    key,
    descending: sort?.descending ?? false,
    scans: reach?.by === 'scan' || sortsAll,
    few: reach?.by === 'ids' && !reach.many,
  }
}

function compileWhere(filter: Filter | null, reach: Reach | null, source: string, table: ResourceTable): Sql {
  const own = sql`r.source = ${source}`
  if (filter === null || reach === null) return own
  return sql`${own} and ${compileResourceFilter(filter, reach, source, table)}`
}

/** Counted no further than the limit, through an index: milliseconds, and only where all would be looked at anyway. */
async function refuseBroadScan(database: Database, { table, source }: PageRequest): Promise<void> {
  const all = { text: table.table, bindings: [] }
  const counted = await countRows(
    database,
    sql`select from ${all} where source = ${source} limit ${String(scanLimit + 1)}::text::bigint`,
  )
  if (counted <= scanLimit) return
  throw new MusterError(
    'filter-too-broad',
    `No index answers this request, and the connection has more than ${scanLimit} resources; make its filter narrower.`,
  )
}

async function readIndexPage(
  database: Database,
  request: PageRequest,
  selection: Selection,
  start: number,
): Promise<ResourcePage> {
  const { count } = request.query.page
  const before = start - 1
  const rows = count === 0 ? [] : await fetchRows(database, request, selection.where, selection, before)
  const more = rows.length > count || rows.length === 0
  const total =
    more && !(before === 0 && count > 0 && rows.length === 0)
      ? await countSelected(database, request.table, selection.where)
      : before + rows.length
  return { total, resources: rows.slice(0, count).map((row) => viewResource(row, request.table)), next: null }
}

async function readCursorPage(
  database: Database,
  request: PageRequest,
  selection: Selection,
  after: CursorPosition | null,
): Promise<ResourcePage> {
  const { count } = request.query.page
  if (count === 0)
    return { total: await countSelected(database, request.table, selection.where), resources: [], next: null }
  const where =
    after === null
      ? selection.where
      : sql`${selection.where} and ${comesAfter(after, selection.key, selection.descending)}`
  const rows = await fetchRows(database, request, where, selection, 0)
  const page = rows.slice(0, count)
  const last = rows.length > count ? page.at(-1) : undefined
  return {
    total: null,
    resources: page.map((row) => viewResource(row, request.table)),
    next: last === undefined ? null : { value: last.position, id: last.id },
  }
}

/** One row more than the page has, which tells whether there is another page. */
async function fetchRows(
  database: Database,
  { table, query, memberships }: PageRequest,
  where: Sql,
  { key, descending }: Selection,
  offset: number,
): Promise<readonly SortedRow[]> {
  const from: Sql = { text: table.table, bindings: [] }
  const keyColumn = sql`${key?.key ?? sql`null::text`} as key`
  const page = sql`select ${resourceColumns}, ${keyColumn}
    from ${from} r where ${where} order by ${orderBy(key, descending)}
    limit ${String(query.page.count + 1)}::text::bigint offset ${String(offset)}::text::bigint`
  const statement = sql`select ${resourceColumns}, r.key::text as position,
    ${membershipsOf(table, memberships)}
    from (${page}) r order by ${orderBy(key, descending)}`
  const { rows } = await database.raw<{ rows: SortedRow[] }>(statement.text, bindingsOf(statement))
  return rows
}

function countSelected(database: Database, table: ResourceTable, where: Sql): Promise<number> {
  const from: Sql = { text: table.table, bindings: [] }
  return countRows(database, sql`select from ${from} r where ${where}`)
}

async function countRows(database: Database, rows: Sql): Promise<number> {
  const statement = sql`select count(*) as total from (${rows}) counted`
  const counted = await database.raw<{ rows: { total: string }[] }>(statement.text, bindingsOf(statement))
  return Number(counted.rows[0]?.total ?? 0)
}

function bindingsOf({ bindings }: Sql): (string | string[])[] {
  return bindings.map((binding) => (typeof binding === 'string' ? binding : [...binding]))
}
