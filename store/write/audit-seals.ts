import type { AuditSeal } from '../../domain/audit-seal.ts'
import { auditRowText } from '../audit-row-text.ts'
import type { Database, Transaction } from '../database.ts'

/** What a batch of events comes to, before it is chained. */
export interface BatchDigest
  extends Pick<
    AuditSeal,
    'firstEvent' | 'lastEvent' | 'events' | 'actions' | 'oldest' | 'newest' | 'content'
  > {
  /** Id (16 bytes) and the first 8 bytes of the hash of each event, in order. */
  readonly marks: Buffer
}

/** Keeps everybody else from sealing and removing until the transaction ends. False: somebody is at it. */
export async function tryLockChain(trx: Transaction): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: [{ locked: boolean }] }>(
    'select pg_try_advisory_xact_lock(7238216004) as locked',
  )
  return rows[0].locked
}

const sealColumns = `number::float8 as number, kind, first_event::float8 as "firstEvent",
  last_event::float8 as "lastEvent", events::float8 as events, actions, oldest, newest,
  encode(content, 'hex') as content, encode(previous, 'hex') as previous, encode(hash, 'hex') as hash,
  sealed_at as "sealedAt"`

export async function readSeal(database: Database, number: number): Promise<AuditSeal | null> {
  const { rows } = await database.raw<{ rows: AuditSeal[] }>(
    `select ${sealColumns} from audit_seals where number = ?`,
    [number],
  )
  return rows[0] ?? null
}

/** The newest seal, or null. */
export async function readHead(database: Database): Promise<AuditSeal | null> {
  const { rows } = await database.raw<{ rows: AuditSeal[] }>(
    `select ${sealColumns} from audit_seals order by number desc limit 1`,
  )
  return rows[0] ?? null
}

/**
 * Hashes the next events behind a number, those of at most so many numbers, and none behind `upTo`. PostgreSQL does it: not one of them
 * is sent here. Null: there is none.
 */
export async function digestBatch(
  trx: Transaction,
  range: { readonly after: number; readonly upTo: number; readonly size: number },
): Promise<BatchDigest | null> {
  const { rows } = await trx.raw<{ rows: [BatchDigest] }>(
    // By a range of numbers and not by LIMIT: a plan that sorts first would hash everything that waits each time. The
    // grouping reads the batch once more, so it is made once.
    `with start as (
       select min(number) as first from audit_events where number > :after and number <= :upTo),
     batch as materialized (
       select number, id, at, action, sha256(convert_to(${auditRowText}, 'UTF8')) as hash
       from start, audit_events where number >= first and number <= least(first + :size - 1, :upTo))
     select min(number)::float8 as "firstEvent", max(number)::float8 as "lastEvent", count(*)::float8 as events,
       (select jsonb_object_agg(action, total)
        from (select action, count(*) as total from batch group by action) by_action) as actions,
       date_trunc('milliseconds', min(at)) as oldest, date_trunc('milliseconds', max(at)) as newest,
       encode(sha256(string_agg(hash, ''::bytea order by number)), 'hex') as content,
       string_agg(uuid_send(id) || substring(hash from 1 for 8), ''::bytea order by number) as marks
     from batch`,
    { ...range },
  )
  return rows[0].events === 0 ? null : rows[0]
}

export async function insertSeal(trx: Transaction, seal: AuditSeal, marks: Buffer): Promise<void> {
  await trx.raw(
    `insert into audit_seals (number, kind, first_event, last_event, events, actions, oldest, newest, content, previous,
       hash, sealed_at, marks)
     values (:number, :kind, :firstEvent, :lastEvent, :events, :actions, :oldest, :newest, decode(:content, 'hex'),
       decode(:previous, 'hex'), decode(:hash, 'hex'), :sealedAt, :marks)`,
    { ...seal, actions: JSON.stringify(seal.actions), marks },
  )
}

/** Seals from a number on, in order, some at a time. */
export async function* readSeals(
  database: Database,
  from: number,
): AsyncGenerator<readonly AuditSeal[], void, void> {
  const size = 200
  for (let next = from; ; ) {
    const { rows } = await database.raw<{ rows: AuditSeal[] }>(
      `select ${sealColumns} from audit_seals where number >= :next order by number limit ${size}`,
      { next },
    )
    if (rows.length > 0) yield rows
    if (rows.length < size) return
    next = (rows.at(-1)?.number ?? next) + 1
  }
}

/** The first seal that a look from this time on begins with; null: there is none. */
export async function findSealSince(database: Database, since: Date): Promise<number | null> {
  const { rows } = await database.raw<{ rows: [{ first: number | null }] }>(
    `select min(number)::float8 as first from audit_seals where newest >= :since or sealed_at >= :since`,
    { since },
  )
  return rows[0].first
}

/** What was kept of each event of a batch. */
export async function readMarks(database: Database, number: number): Promise<Buffer> {
  const { rows } = await database.raw<{ rows: { marks: Buffer | null }[] }>(
    'select marks from audit_seals where number = ?',
    [number],
  )
  return rows[0]?.marks ?? Buffer.alloc(0)
}

/** An event as it is hashed. */
export interface SealedRow {
  readonly number: number
  readonly id: string
  readonly text: string
}

/** The events behind one number up to another, in order, some at a time: memory stays flat however many there are. */
export async function* readSealedRows(
  database: Database,
  range: { readonly after: number; readonly upTo: number },
): AsyncGenerator<readonly SealedRow[], void, void> {
  const size = 2000
  for (let { after } = range; ; after += size) {
    const { rows } = await database.raw<{ rows: SealedRow[] }>(
      `with start as (
         select min(number) as first from audit_events where number > :after and number <= :upTo)
       select number::float8 as number, id, ${auditRowText} as text from start, audit_events
       where number >= first and number < first + ${size} and number <= :upTo order by number`,
      { after, upTo: range.upTo },
    )
    const [first] = rows
    if (first === undefined) return
    yield rows
    after = first.number - 1
  }
}

/** How many events stand behind a number, and the time of the first of them. */
export async function countBehind(
  database: Database,
  number: number,
): Promise<{ readonly events: number; readonly oldest: Date | null }> {
  const { rows } = await database.raw<{ rows: [{ events: number; oldest: Date | null }] }>(
    `select count(*)::float8 as events, (select at from audit_events where number > :number order by number limit 1) as oldest
     from audit_events where number > :number`,
    { number },
  )
  return rows[0]
}

/** The detail of the newest event that tells of a removal, or null. */
export async function readNewestRemoval(database: Database): Promise<{ readonly summary?: unknown } | null> {
  const { rows } = await database.raw<{ rows: { detail: { summary?: unknown } | null }[] }>(
    `select detail from audit_events where action = 'audit-events-removed' order by number desc limit 1`,
  )
  return rows[0]?.detail ?? null
}

/**
 * Removes the events of the oldest seals when all of them are older than `before` (and than 30 days), at most so many
 * seals. Answers the summary of all that was ever removed, or null where nothing was.
 */
export async function removeSealed(
  trx: Transaction,
  { before, most }: { readonly before: Date; readonly most: number },
): Promise<AuditSeal | null> {
  const { rows } = await trx.raw<{ rows: AuditSeal[] }>(
    `select ${sealColumns} from remove_sealed_events(:before, :most)`,
    { before, most },
  )
  return rows[0] ?? null
}
