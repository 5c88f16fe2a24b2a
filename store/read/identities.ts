import type { Knex } from 'knex'
import { validate as isUuid } from 'uuid'
import { MusterError } from '../../domain/error.ts'
import type { Filter } from '../../domain/filter.ts'
import type { IdentityView } from '../../domain/identity-view.ts'
import type { Database } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import { compileIdentityFilter } from './identity-filter-sql.ts'
import { type IdentityRow, identityColumns, viewIdentity } from './identity-parts.ts'
import { readInBatches } from './read-in-batches.ts'
import { type Reveal, recordLook } from './record-look.ts'
import { readWithTimeout } from './statement-timeout.ts'

export interface IdentityList {
  readonly filter: Filter | null
  /** The most that are read, newest first; 0 for all. */
  readonly limit: number
  /** Only those behind the one of this id. */
  readonly after?: string | null
  /** Milliseconds that a filter may take for one batch; left out: the patience of a person who typed it. */
  readonly timeout?: number
  readonly reveal: Reveal | null
}

/** How many identities a filter selects; `filter-too-slow` when that takes too long to find out. */
export async function countIdentities(
  database: Database,
  filter: Filter | null,
  timeout?: number,
): Promise<number> {
  const count = async (connection: Database) => {
    const [row] = await selectIdentities(connection, filter).count<{ total: string }[]>('* as total')
    return Number(row?.total ?? 0)
  }
  return filter === null ? count(database) : readWithTimeout(database, count, timeout)
}

/** Reads identities newest first, in batches; `filter-too-slow` when a batch takes too long to find. */
export async function* readIdentities(
  database: Database,
  list: IdentityList,
): AsyncGenerator<readonly IdentityView[], void, void> {
  const batches = readInBatches(
    list.limit,
    (after, size) => fetchIdentities(database, list, after, size),
    (row) => row.id,
    list.after,
  )
  for await (const rows of batches) {
    if (list.reveal !== null)
      await recordLook(
        database,
        list.reveal,
        rows.map(({ id }) => id),
      )
    yield rows.map((row) => viewIdentity(row, list.reveal !== null))
  }
}

/** Finds the identity of an id, as it is shown; null: there is none. */
export type FindIdentity = (asked: AskedIdentity) => Promise<IdentityView | null>

interface AskedIdentity {
  readonly id: string
  readonly revealed: boolean
}

/** One identity by its id; `not-found` where there is none. `find` says how it is found; left out: by itself. */
export async function getIdentity(
  database: Database,
  id: string,
  reveal: Reveal | null,
  find: FindIdentity = async (asked) => (await findIdentities(database, [asked]))[0] ?? null,
): Promise<IdentityView> {
  const view = await find({ id, revealed: reveal !== null })
  if (view === null) throw new MusterError('not-found', `There is no identity ${id}.`)
  if (reveal !== null) await recordLook(database, reveal, [id])
  return view
}

/**
 * Identities by id, each in the place of its question; null where there is none. Many cost hardly more than one: what is
 * dear is going there and back.
 */
export async function findIdentities(
  database: Database,
  asked: readonly AskedIdentity[],
): Promise<readonly (IdentityView | null)[]> {
  const ids = [...new Set(asked.map(({ id }) => id.toLowerCase()))].filter((id) => isUuid(id))
  if (ids.length === 0) return asked.map(() => null)
  const { rows } = await runPrepared<{ rows: readonly IdentityRow[] }>(
    database,
    'show-identities',
    // How many are asked is kept from the planner: it would plan every batch anew for it.
    `select ${identityColumns} from identities i left join identity_states s on s.identity_id = i.id
     where i.id = any((select ?::uuid[])::uuid[])`,
    [ids],
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  return asked.map(({ id, revealed }) => {
    const row = byId.get(id.toLowerCase())
    return row === undefined ? null : viewIdentity(row, revealed)
  })
}

function selectIdentities(database: Database, filter: Filter | null): Knex.QueryBuilder {
  return database('identities as i').modify((builder) => {
    if (filter === null) return
    const { text, bindings } = compileIdentityFilter(filter)
    builder.whereRaw(
      text,
      bindings.map((binding) => (typeof binding === 'string' ? binding : [...binding])),
    )
  })
}

function fetchIdentities(
  database: Database,
  { filter, timeout }: IdentityList,
  after: string | null,
  size: number,
): Promise<readonly IdentityRow[]> {
  const read = (connection: Database) => {
    const page = selectIdentities(connection, filter).orderBy('i.id', 'desc').limit(size).select('i.*')
    // Ids are UUIDs of version 7: their order is the order in which they were made.
    if (after !== null) page.where('i.id', '<', after)
    return withParts(connection, page)
  }
  return filter === null ? read(database) : readWithTimeout(database, read, timeout)
}

/** What hangs on the identities of a page, and on no other, in the page's order. */
function withParts(database: Database, page: Knex.QueryBuilder): Promise<readonly IdentityRow[]> {
  return database
    .from(page.as('i'))
    .leftJoin('identity_states as s', 's.identity_id', 'i.id')
    .orderBy('i.id', 'desc')
    .select<IdentityRow[]>(database.raw(identityColumns))
}
