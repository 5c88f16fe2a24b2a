import type { Database, Transaction } from '../database.ts'

/** The end of a lock that begins now, by the database's clock; `for-good` ends at `lockedForGood`. */
export async function readLockEnd(database: Database, milliseconds: number): Promise<string> {
  const { rows } = await database.raw<{ rows: { until: Date }[] }>(
    `select now() + ?::double precision * interval '1 millisecond' as until`,
    [milliseconds],
  )
  return (rows[0]?.until ?? new Date()).toISOString()
}

/** Locks all enrollments of an identity for so many milliseconds. */
export async function lockFailures(
  trx: Transaction,
  identityId: string,
  milliseconds: number,
): Promise<void> {
  await trx.raw(
    `update identity_failures set locked_until = now() + ?::double precision * interval '1 millisecond'
     where identity_id = ?`,
    [milliseconds, identityId],
  )
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
