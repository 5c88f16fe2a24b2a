import type { Enrollment } from '../../domain/enrollment.ts'
import { copyRows } from '../copy-rows.ts'
import type { CopyTable } from '../copy-text.ts'
import type { Database, Transaction } from '../database.ts'
import { RecentTexts } from '../recent-texts.ts'
import { runPrepared } from '../run-prepared.ts'

export interface StoredEnrollment extends Enrollment {
  readonly identityId: string
}

const timeColumns = [
  'lockedUntil',
  'undeliverableSince',
  'unwantedSince',
  'enrolledAt',
  'addressChangedAt',
  'statusSince',
] as const

/** All enrollments of these identities, tombstones included. */
export async function readEnrollments(
  database: Database,
  ids: readonly string[],
): Promise<readonly StoredEnrollment[]> {
  const [id, ...others] = ids
  // One person's are read in every challenge: planned once a connection.
  return id !== undefined && others.length === 0
    ? selectEnrollments(database, 'identity_id = ?', [id], 'enrollments-of-one')
    : selectEnrollments(database, 'identity_id = any(?)', [[...ids]])
}

export async function readEnrollment(database: Database, id: string): Promise<StoredEnrollment | null> {
  const [row] = await selectEnrollments(database, 'id = ?', [id])
  return row ?? null
}

async function selectEnrollments(
  database: Database,
  where: string,
  bindings: readonly (string | string[])[],
  prepared: string | null = null,
): Promise<readonly StoredEnrollment[]> {
  const statement = `select id, identity_id as "identityId", factor, address, key, origins, proof, proof_required as "proofRequired",
       replaces, disabled, locked_until as "lockedUntil", undeliverable_since as "undeliverableSince",
       unwanted_since as "unwantedSince", removed, enrolled_at as "enrolledAt", address_changed_at as "addressChangedAt",
       last_used as "lastUsed", status, status_reason as "statusReason", status_by as "statusBy", status_since as "statusSince"
     from enrollments where ${where} order by identity_id, id`
  const { rows } = await (prepared === null
    ? database.raw<{ rows: Record<string, unknown>[] }>(statement, [...bindings])
    : runPrepared<{ rows: Record<string, unknown>[] }>(database, prepared, statement, [...bindings]))
  return rows.map((row) => {
    for (const column of timeColumns) {
      const time = row[column]
      if (time instanceof Date) row[column] = time.toISOString()
    }
    return row as unknown as StoredEnrollment
  })
}

/** An enrollment of somebody. */
export interface EnrollmentOf {
  readonly identityId: string
  readonly row: Enrollment
}

const writtenOrigins = new RecentTexts((origins: Enrollment['origins']) => JSON.stringify(origins))

/** New enrollments. */
export const enrollmentRows: CopyTable<EnrollmentOf> = {
  table: 'enrollments',
  columns: [
    'id',
    'identity_id',
    'factor',
    'address',
    'key',
    'origins',
    'proof',
    'proof_required',
    'replaces',
    'disabled',
    'locked_until',
    'undeliverable_since',
    'unwanted_since',
    'removed',
    'enrolled_at',
    'address_changed_at',
    'last_used',
    'status',
    'status_reason',
    'status_by',
    'status_since',
  ],
  texts: {
    id: 'ours',
    identity_id: 'ours',
    factor: 'ours',
    origins: 'json',
    proof: 'ours',
    replaces: 'ours',
    enrolled_at: 'ours',
    status: 'ours',
    status_since: 'ours',
  },
  valuesOf: ({ identityId, row }) => [
    row.id,
    identityId,
    row.factor,
    row.address,
    row.key,
    writtenOrigins.of(row.origins),
    row.proof,
    row.proofRequired,
    row.replaces,
    row.disabled,
    row.lockedUntil,
    row.undeliverableSince,
    row.unwantedSince,
    row.removed,
    row.enrolledAt,
    row.addressChangedAt,
    row.lastUsed,
    row.status,
    row.statusReason,
    row.statusBy,
    row.statusSince,
  ],
}

export function insertEnrollments(trx: Transaction, rows: readonly StoredEnrollment[]): Promise<void> {
  return copyRows(
    trx,
    enrollmentRows,
    rows.map((row) => ({ identityId: row.identityId, row })),
  )
}

/** Writes rows whole, but for `lastUsed`: only a passed challenge writes that, and a plan may be older than it. */
export async function updateEnrollments(trx: Transaction, rows: readonly StoredEnrollment[]): Promise<void> {
  if (rows.length === 0) return
  await trx.raw(
    `update enrollments e set address = u.address, key = u.key, origins = u.origins, proof = u.proof,
       proof_required = u."proofRequired", replaces = u.replaces, disabled = nullif(u.disabled, 'null'::jsonb),
       locked_until = u."lockedUntil", undeliverable_since = u."undeliverableSince", unwanted_since = u."unwantedSince",
       removed = nullif(u.removed, 'null'::jsonb), enrolled_at = u."enrolledAt", address_changed_at = u."addressChangedAt",
       status = u.status, status_reason = u."statusReason",
       status_by = u."statusBy", status_since = u."statusSince"
     from jsonb_to_recordset(?::jsonb) as u(id uuid, address text, key text, origins jsonb, proof text, "proofRequired" boolean,
       replaces uuid, disabled jsonb, "lockedUntil" timestamptz, "undeliverableSince" timestamptz, "unwantedSince" timestamptz,
       removed jsonb, "enrolledAt" timestamptz, "addressChangedAt" timestamptz, status text,
       "statusReason" text, "statusBy" text, "statusSince" timestamptz)
     where e.id = u.id`,
    [JSON.stringify(rows)],
  )
}

export async function deleteEnrollments(trx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await trx.raw('delete from enrollments where id = any(?)', [[...ids]])
}
