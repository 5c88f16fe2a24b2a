import type { Database } from '../database.ts'

/**
 * Says, call by call, up to which number every audit event that will ever be there is there; null: not known yet.
 *
 * A number is given before its transaction commits, so smaller ones may appear behind greater ones. Whoever writes
 * events holds a lock on their table from before the first number until after the commit: when all who held it at a
 * look have ended, no number that had been given at that look can appear any more. Nobody is kept waiting for it.
 */
export function openAuditHorizon(database: Database): () => Promise<number | null> {
  let settled: number | null = null
  let waiting: { readonly upTo: number; readonly writers: ReadonlySet<string> } | null = null
  return async () => {
    // In this order: who wrote a number that is seen here held the lock before the second look.
    const upTo = await readNewestNumber(database)
    const writers = await readWriters(database)
    const former = waiting
    if (former !== null && !writers.some((writer) => former.writers.has(writer))) {
      settled = former.upTo
      waiting = null
    }
    if (writers.length === 0) settled = upTo
    else waiting ??= { upTo, writers: new Set(writers) }
    return settled
  }
}

async function readNewestNumber(database: Database): Promise<number> {
  const { rows } = await database.raw<{ rows: [{ newest: number }] }>(
    'select coalesce(max(number), 0)::float8 as newest from audit_events',
  )
  return rows[0].newest
}

async function readWriters(database: Database): Promise<readonly string[]> {
  const { rows } = await database.raw<{ rows: { writer: string }[] }>(
    `select virtualtransaction as writer from pg_locks
     where locktype = 'relation' and relation = 'audit_events'::regclass and mode = 'RowExclusiveLock' and granted
       and database = (select oid from pg_database where datname = current_database())`,
  )
  return rows.map(({ writer }) => writer)
}
