import { v7 as newId } from 'uuid'
import type { ChallengeContext, ChallengePurpose, ChallengeStatus } from '../../domain/challenge.ts'
import type { Proof } from '../../domain/enrollment.ts'
import type { Factor } from '../../domain/factor.ts'
import type { Database, Transaction } from '../database.ts'
import { runPrepared } from '../run-prepared.ts'
import type { AuditEvent } from './audit-events.ts'

/** Failures in a row at which a lock is due (domain/challenge-tries.ts). */
export interface TryLimits {
  readonly pausesAt: readonly number[]
  readonly forGoodAt: number
  readonly ceiling: number
  readonly identityAt: number
}

/**
 * What became of a try. `counted`: compare now. `lock-due`: nothing was counted, because this try would bring a lock;
 * ask again with the identity locked and `locking`. Else the reason why the code is not compared at all.
 */
export type TryVerdict = 'counted' | 'lock-due' | 'locked' | Exclude<ChallengeStatus, 'pending'>

/** A try, with what the code is derived from. */
export interface CountedTry {
  readonly verdict: TryVerdict
  readonly identityId: string
  readonly enrollmentId: string | null
  readonly purpose: ChallengePurpose
  readonly factor: Factor
  readonly address: string | null
  /** The normalised address; whether a code was typed from it before. */
  readonly key: string | null
  readonly proven: boolean
  readonly nonce: Buffer | null
  readonly keyId: string | null
  readonly transactionHash: Buffer | null
  readonly generation: number
  readonly digits: number
  readonly tries: number
  readonly sends: number
  readonly context: ChallengeContext
  /** This try included, where it counted. */
  readonly attempts: number
  /** In a row, this try included: of the enrollment, and over all of the identity. */
  readonly failures: number
  readonly identityFailures: number
  /** The later of both locks. */
  readonly lockedUntil: Date | null
}

/**
 * Counts a try on the challenge, the enrollment and the identity before anything is compared, in one statement; run it
 * in a transaction of its own, so that the count stands whatever happens next (architecture rule 12). Every condition
 * is judged on locked rows: parallel tries queue here, and none goes beyond a limit. Null: no such challenge of this
 * client.
 */
export async function countTry(
  database: Database,
  { id, client }: { readonly id: string; readonly client: string },
  limits: TryLimits & { readonly lockedForGood: string },
  locking: boolean,
): Promise<CountedTry | null> {
  const { rows } = await runPrepared<{ rows: CountedTry[] }>(database, 'count-try', countTryStatement, {
    ...limits,
    pausesAt: [...limits.pausesAt],
    id,
    client,
    locking,
  })
  return rows[0] ?? null
}

const countTryStatement = `
with c as materialized (select * from challenges where id = :id and client = :client for update),
e as materialized (
  select id, address, key, failures, locked_until, proof = 'proven' or coalesce(address_changed_at is null
    or (last_used ->> 'at')::timestamptz > address_changed_at, false) and last_used is not null as typed
  from enrollments
  where id = (select enrollment_id from c) for no key update),
f as materialized (
  select failures, locked_until from identity_failures where identity_id = (select identity_id from c) for update),
judged as materialized (
  select c.*, e.address, e.key, coalesce(e.typed, false) as proven,
    coalesce(e.failures, 0) as failures, coalesce(f.failures, 0) as identity_failures,
    greatest(e.locked_until, f.locked_until) as locked_until,
    case
      when c.status <> 'pending' then c.status
      when c.expires_at <= now() then 'expired'
      when e.id is null then 'cancelled'
      when c.attempts >= c.tries then 'failed'
      when f.locked_until > now() then 'locked'
      when e.locked_until > now() and not (c.purpose = 'enrollment' and e.failures < :ceiling
        and e.locked_until >= cast(:lockedForGood as timestamptz)) then 'locked'
      when not :locking and (e.failures + 1 = any(cast(:pausesAt as integer[])) or e.failures + 1 >= :forGoodAt
        or (coalesce(f.failures, 0) + 1) % :identityAt = 0) then 'lock-due'
      else 'counted'
    end as verdict
  from c left join e on true left join f on true),
on_challenge as (
  update challenges x set attempts = x.attempts + 1 from judged j where x.id = j.id and j.verdict = 'counted'),
on_enrollment as (
  update enrollments x set failures = x.failures + 1 from judged j
  where x.id = j.enrollment_id and j.verdict = 'counted'),
on_identity as (
  update identity_failures x set failures = x.failures + 1 from judged j
  where x.identity_id = j.identity_id and j.verdict = 'counted')
select verdict, identity_id as "identityId", enrollment_id as "enrollmentId", purpose, factor, address, key, proven,
  nonce, key_id as "keyId", transaction_hash as "transactionHash", generation, digits, tries, sends, context,
  attempts + n as attempts, failures + n as failures, identity_failures + n as "identityFailures",
  locked_until as "lockedUntil"
from judged, lateral (select case when verdict = 'counted' then 1 else 0 end as n) counted`

/** How an enrollment stands after its code was typed. */
export interface PassedTry {
  readonly proof: Proof
  readonly addressChangedAt: Date | null
}

/** What consuming a challenge is told. */
interface Consumed {
  readonly id: string
  readonly generation: number
  readonly at: Date
}

/**
 * The one consuming update: of all who typed the right code, one passes, and only while the challenge is what was
 * compared. It resets the failures and writes last used. Null: somebody else was first, or the time is over.
 */
export async function passChallenge(
  trx: Transaction,
  { id, generation, at }: Consumed,
): Promise<PassedTry | null> {
  const { rows } = await runPrepared<{ rows: PassedTry[] }>(
    trx,
    'pass-challenge',
    `with ${consumingSteps} select proof, address_changed_at as "addressChangedAt" from on_enrollment`,
    { id, generation, at: at.toISOString() },
  )
  return rows[0] ?? null
}

const consumingSteps = `
  passed as (
    update challenges set status = 'passed', nonce = null, ended_at = now()
    where id = :id and status = 'pending' and generation = :generation and expires_at > now()
    returning identity_id, enrollment_id, context, client),
  on_enrollment as (
    update enrollments x set failures = 0, last_used = jsonb_build_object('at', cast(:at as text), 'ip', p.context -> 'ip',
      'userAgent', p.context -> 'userAgent', 'client', p.client)
    from passed p where x.id = p.enrollment_id returning x.proof, x.address_changed_at),
  on_identity as (
    update identity_failures x set failures = 0, locked_until = null from passed p
    where x.identity_id = p.identity_id returning 1)`

/**
 * An ordinary sign-in in one statement, for its round trips are what a person waits for: the challenge is consumed,
 * and the event is on record, or nothing is done. Run it outside of a transaction. Null as in `passChallenge`.
 */
export async function passAtOnce(
  database: Database,
  { id, generation, at, event }: Consumed & { readonly event: AuditEvent },
): Promise<PassedTry | null> {
  const { rows } = await runPrepared<{ rows: PassedTry[] }>(
    database,
    'pass-at-once',
    `with ${consumingSteps},
     recorded as (
       insert into audit_events (id, at, action, actor_kind, actor_id, identity_id, reason, detail)
       select :eventId, cast(:at as timestamptz), :action, :actorKind, :actorId, :identityId, :reason, cast(:detail as jsonb)
       from passed returning 1)
     select proof, address_changed_at as "addressChangedAt" from on_enrollment`,
    {
      ...{ id, generation, at: at.toISOString() },
      ...{ eventId: newId(), action: event.action, actorKind: event.actor.kind, actorId: event.actor.id },
      ...{ identityId: event.identityId, reason: event.reason, detail: JSON.stringify(event.detail) },
    },
  )
  return rows[0] ?? null
}
