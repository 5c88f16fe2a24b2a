import type { Database } from '../database.ts'

/** A challenge that somebody passed, as evidence for something else. */
export interface PassedEvidence {
  readonly identityId: string
  readonly enrollmentId: string | null
  readonly endedAt: Date
}

/** A challenge that was passed with this client to sign in; null: none such. */
export async function readPassed(
  database: Database,
  id: string,
  client: string,
): Promise<PassedEvidence | null> {
  const { rows } = await database.raw<{ rows: PassedEvidence[] }>(
    `select identity_id as "identityId", enrollment_id as "enrollmentId", ended_at as "endedAt" from challenges
     where id = ? and client = ? and status = 'passed' and purpose = 'authentication' and ended_at is not null`,
    [id, client],
  )
  return rows[0] ?? null
}
