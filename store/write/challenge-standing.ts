import type { Database, Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'

/** A name of an identity, taken apart: what does not apply is null. `userNameKey` is folded. */
export interface NamedIdentity {
  readonly userNameKey: string | null
  readonly source: string | null
  readonly externalId: string | null
}

/**
 * The ids of the identities that answer to a name, two at most. Those that no record is linked to any more step back
 * behind those that have one. One statement of one shape, whatever is named and found.
 */
export async function findNamed(database: Database, name: NamedIdentity): Promise<readonly string[]> {
  const { rows } = await runPrepared<{ rows: { id: string; linked: boolean }[] }>(
    database,
    'find-named',
    `select id, cardinality(sources) > 0 as linked from (
       select id, sources from identities where user_name_key = :userNameKey
       union select i.id, i.sources from source_records r join identities i on i.id = r.identity_id
         where r.source = :source and r.external_id = :externalId
       union select i.id, i.sources from scim_users u
         join source_records r on r.source = u.source and r.external_id = u.id::text
         join identities i on i.id = r.identity_id
         where u.source = :source and u.external_id = :externalId) named
     order by linked desc, id limit 20`,
    { ...name },
  )
  const linked = rows.filter((row) => row.linked)
  return (linked.length > 0 ? linked : rows).slice(0, 2).map(({ id }) => id)
}

/** What a challenge must know of an identity beside its rights and enrollments. */
export interface LockedIdentity {
  readonly active: boolean
  readonly locale: string | null
  /** Failures over all enrollments lock it until then. */
  readonly lockedUntil: Date | null
  /** Challenges of the last day whose code never arrived, by enrollment. */
  readonly undelivered: Readonly<Record<string, number>>
}

/**
 * Locks an identity's state against every other writer of its rights and enrollments, and answers what is known; null
 * where there is none.
 */
export async function lockIdentity(trx: Transaction, identityId: string): Promise<LockedIdentity | null> {
  const { rows } = await runPrepared<{ rows: LockedIdentity[] }>(
    trx,
    'lock-standing',
    `${identityState} for update of s`,
    [identityId],
  )
  return rows[0] ?? null
}

/** The same without a lock, for answers that change nothing. */
export async function readIdentity(database: Database, identityId: string): Promise<LockedIdentity | null> {
  const { rows } = await runPrepared<{ rows: LockedIdentity[] }>(database, 'read-standing', identityState, [
    identityId,
  ])
  return rows[0] ?? null
}

const identityState = `
  select i.active, coalesce(i.attributes ->> 'preferredLanguage', i.attributes ->> 'locale') as locale,
    f.locked_until as "lockedUntil",
    coalesce((select jsonb_object_agg(enrollment_id, challenges) from (
      select d.enrollment_id, count(distinct d.challenge_id) as challenges from deliveries d
      where d.identity_id = s.identity_id and d.kind = 'code' and d.enrollment_id is not null
        and d.status in ('failed', 'abandoned') and d.error_code is distinct from 'superseded'
        and d.created_at > now() - interval '1 day'
      group by d.enrollment_id) lost), '{}') as undelivered
  from identity_states s join identities i on i.id = s.identity_id
    left join identity_failures f on f.identity_id = s.identity_id
  where s.identity_id = ?`
