import type { Database, Transaction } from '../database.ts'

/** The end of a lock that begins now, by the database's clock; `for-good` ends at `lockedForGood`. */
export async function readLockEnd(database: Database, milliseconds: number): Promise<string> {
  const { rows } = await database.raw<{ rows: { until: Date }[] }>(
    `select now() + ?::double precision * interval '1 millisecond' as until`,
    [milliseconds],
  )
  return (rows[0]?.until ?? new Date()).toISOString()
}

/** Locks all enrollments of an identity for so many milliseconds; answers the end (RFC 3339). */
export async function lockFailures(
  trx: Transaction,
  identityId: string,
  milliseconds: number,
): Promise<string> {
  const until = await readLockEnd(trx, milliseconds)
  await trx.raw('update identity_failures set locked_until = ? where identity_id = ?', [until, identityId])
  return until
}

/** An administrator unlocks an enrollment: its failures are forgotten, and those over its identity. */
export async function forgetFailures(
  trx: Transaction,
  identityId: string,
  enrollmentId: string,
): Promise<void> {
  await trx.raw('update enrollments set failures = 0 where id = ?', [enrollmentId])
  await trx.raw('update identity_failures set failures = 0, locked_until = null where identity_id = ?', [
    identityId,
  ])
}
